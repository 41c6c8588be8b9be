#include "plugin_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/check_callbacks.hpp>
#include <gradcheck/c/requests.hpp>
#include <gradcheck/c/shape_text.hpp>

namespace gradcheck::program {
namespace {

constexpr const char* symbol = "gradcheck_get_plugin";

using GetPlugin = const gradcheck_plugin* (*)();

/// The loader searches its own folders for a name without a slash.
std::string path_of(const std::string& file) {
  return file.find('/') == std::string::npos ? "./" + file : file;
}

/// The loader's last complaint, without the path before it.
std::string complaint(const std::string& path) {
  const char* const text = dlerror();
  const std::string whole = text == nullptr ? "unknown reason" : text;
  return whole.rfind(path + ": ", 0) == 0 ? whole.substr(path.size() + 2) : whole;
}

gradcheck_plugin read_plugin(GetPlugin get) {
  const gradcheck_plugin* given = nullptr;
  call({"plugin"}, symbol, [&] {
    given = get();
    return 0;
  });
  const gradcheck_plugin plugin = read_struct(given, symbol);
  if (plugin.api_version != GRADCHECK_API_VERSION) {
    throw_value(symbol, "api_version", fmt::format("<{}>", plugin.api_version),
                std::to_string(GRADCHECK_API_VERSION));
  }
  return plugin;
}

void require_complete(const gradcheck_plugin_layer& layer, const std::string& where) {
  require_pointer(layer.name, where, "name");
  require_pointer(layer.make, layer.name, "make");
  if (layer.shape_count == 0) {
    throw_value(layer.name, "shape_count", "<0>", "at least 1");
  }
  require_pointer(layer.shapes, layer.name, "shapes");
  for (std::size_t k = 0; k < layer.shape_count; ++k) {
    require_pointer(layer.shapes[k], layer.name, fmt::format("shapes[{}]", k));
  }
}

using Make = decltype(gradcheck_plugin_layer::make);

/// A layer that the plugin made for certain shapes, until it is released.
class MadeLayer {
 public:
  /// `what` names the function in messages.
  MadeLayer(const gradcheck_plugin_layer& maker, Make make, const char* what,
            const std::vector<Shape>& shapes)
      : maker_(maker) {
    std::vector<const std::size_t*> extents;
    std::vector<std::size_t> ranks;
    for (const Shape& shape : shapes) {
      extents.push_back(shape.data());
      ranks.push_back(shape.size());
    }
    call({maker.name}, what, [&] {
      layer_ = make(maker.context, shapes.size(), extents.data(), ranks.data());
      return 0;
    });
    if (layer_ == nullptr) {
      throw Error(fmt::format("{}.{}: returns <null>, expected a layer", maker.name, what));
    }
  }
  ~MadeLayer() {
    if (maker_.release != nullptr) {
      maker_.release(maker_.context, layer_);
    }
  }
  MadeLayer(const MadeLayer&) = delete;
  MadeLayer& operator=(const MadeLayer&) = delete;

  const gradcheck_layer* get() const { return layer_; }

 private:
  const gradcheck_plugin_layer& maker_;
  const gradcheck_layer* layer_ = nullptr;
};

void require_inputs(const LayerDescription& layer, const std::vector<Shape>& shapes) {
  const std::string where = layer.callee.layer + ".make";
  if (layer.inputs.size() != shapes.size()) {
    throw_value(where, "inputs", fmt::format("<{}>", layer.inputs.size()),
                std::to_string(shapes.size()));
  }
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    if (layer.inputs[k].shape != shapes[k]) {
      throw_shape(where, layer.inputs[k].name, "<" + to_string(layer.inputs[k].shape) + ">",
                  to_string(shapes[k]));
    }
  }
}

Report check_as_candidate(const gradcheck_plugin_layer& maker, const MadeLayer& made,
                          const std::vector<Shape>& shapes, const CallbackOptions& options) {
  const MadeLayer reference(maker, maker.make_reference, "make_reference", shapes);
  require_inputs(read_layer(reference.get()), shapes);
  gradcheck_candidate candidate{};
  candidate.struct_size = sizeof candidate;
  candidate.layer = made.get();
  candidate.reference = reference.get();
  candidate.roundings = maker.roundings;
  candidate.storage = maker.storage;
  return check_candidate_request(&candidate, options);
}

}  // namespace

void PluginLibrary::Unload::operator()(void* library) const { dlclose(library); }

PluginLibrary::PluginLibrary(const std::string& file) {
  const std::string path = path_of(file);
  library_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library_ == nullptr) {
    throw Error("cannot be loaded as a shared library: " + complaint(path));
  }
  // POSIX says that a symbol's address may be a function's.
  const auto get = reinterpret_cast<GetPlugin>(dlsym(library_.get(), symbol));
  if (get == nullptr) {
    throw Error(fmt::format("has no symbol {}, expected a gradcheck plugin", symbol));
  }
  const gradcheck_plugin plugin = read_plugin(get);
  layers_ = read_structs(plugin.layers, plugin.layer_count, "layers");
  if (layers_.empty()) {
    throw_value(symbol, "layer_count", "<0>", "at least 1");
  }
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    require_complete(layers_[k], fmt::format("layers[{}]", k));
  }
}

std::vector<std::string> PluginLibrary::checks() const {
  std::vector<std::string> names;
  for (const gradcheck_plugin_layer& layer : layers_) {
    for (std::size_t k = 0; k < layer.shape_count; ++k) {
      names.push_back(fmt::format("{} {}", layer.name, layer.shapes[k]));
    }
  }
  return names;
}

Report PluginLibrary::run(std::size_t check, const CheckOptions& options) const {
  const auto* maker = layers_.data();
  while (check >= maker->shape_count) {
    check -= maker->shape_count;
    ++maker;
  }
  const std::vector<Shape> shapes = read_shapes(maker->shapes[check]);
  const MadeLayer made(*maker, maker->make, "make", shapes);
  const bool by_itself = maker->make_reference == nullptr;
  const LayerDescription layer =
      read_layer(made.get(), by_itself ? LayerUse::check : LayerUse::candidate);
  require_inputs(layer, shapes);
  CallbackOptions callback_options;
  callback_options.layer.check = options;
  return by_itself ? check_callbacks(layer, callback_options)
                   : check_as_candidate(*maker, made, shapes, callback_options);
}

}  // namespace gradcheck::program
