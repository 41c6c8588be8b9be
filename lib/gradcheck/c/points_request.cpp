#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/callback_layer.hpp>
#include <gradcheck/c/requests.hpp>
#include <gradcheck/user_layers/check_points.hpp>

namespace gradcheck {
namespace {

Extent read_extent(const gradcheck_extent& given) {
  return given.symbol != nullptr ? Extent(given.symbol) : Extent(static_cast<int>(given.size));
}

InputShape read_input(const gradcheck_input_shape& given, const std::string& where) {
  require_pointer(given.name, where, "name");
  InputShape input{given.name, {}};
  for (const gradcheck_extent& extent :
       read_structs(given.extents, given.rank, where + "." + given.name)) {
    input.extents.push_back(read_extent(extent));
  }
  if (given.low != 0 || given.high != 0) {
    input.low = given.low;
    input.high = given.high;
  }
  if (given.labels_below.struct_size != 0) {
    input.labels_below = read_extent(given.labels_below);
  }
  return input;
}

template <class Number>
std::map<std::string, std::vector<Number>> read_choices(const gradcheck_choice* given,
                                                        std::size_t count,
                                                        const std::string& where) {
  std::map<std::string, std::vector<Number>> choices;
  for (const gradcheck_choice& one : read_structs(given, count, where)) {
    require_pointer(one.name, where, "name");
    require_pointer(one.values, where + "." + one.name, "values");
    for (std::size_t k = 0; k < one.count; ++k) {
      choices[one.name].push_back(static_cast<Number>(one.values[k]));
    }
  }
  return choices;
}

/// A point as the struct that callbacks read.
class PointStruct {
 public:
  explicit PointStruct(const LayerPoint& point) {
    for (const auto& [name, size] : point.sizes) {
      sizes_.push_back({sizeof(gradcheck_named_number), name.c_str(), static_cast<double>(size)});
    }
    for (const auto& [name, value] : point.settings) {
      settings_.push_back({sizeof(gradcheck_named_number), name.c_str(), value});
    }
    for (const auto& [name, value] : point.values) {
      shapes_.push_back(shape_of(value));
      tensors_.push_back({sizeof(gradcheck_value), name.c_str(), nullptr, shapes_.back().size(),
                          value.data(), GRADCHECK_ROLE_INPUT, 0});
    }
    for (std::size_t k = 0; k < tensors_.size(); ++k) {
      tensors_[k].shape = shapes_[k].data();
    }
    struct_ = {sizeof struct_,   sizes_.data(),   sizes_.size(),   settings_.data(),
               settings_.size(), tensors_.data(), tensors_.size(), point.character.c_str()};
  }
  const gradcheck_point* get() const { return &struct_; }

 private:
  std::vector<gradcheck_named_number> sizes_, settings_;
  std::vector<Shape> shapes_;
  std::vector<gradcheck_value> tensors_;
  gradcheck_point struct_{};
};

/// A layer that the caller made, until it is released.
class MadeLayer : public CallbackLayer {
 public:
  MadeLayer(const gradcheck_points& points, const gradcheck_layer* made)
      : CallbackLayer(read_layer(made)), points_(points), made_(made) {}
  ~MadeLayer() override {
    restore();
    if (points_.release != nullptr) {
      points_.release(points_.context, made_);
    }
  }

 private:
  gradcheck_points points_;
  const gradcheck_layer* made_;
};

LayerMaker maker_of(const gradcheck_points& points) {
  return [points](const LayerPoint& point, const LayerOptions&) -> std::shared_ptr<UserLayer> {
    const PointStruct given(point);
    const gradcheck_layer* made = nullptr;
    call({"points"}, "make", [&] {
      made = points.make(points.context, given.get());
      return 0;
    });
    if (made == nullptr) {
      throw CallbackError("points.make: returns <null>, expected a layer");
    }
    return std::make_shared<MadeLayer>(points, made);
  };
}

PointOptions read_points(const gradcheck_points& points, const LayerOptions& options) {
  PointOptions result;
  for (const gradcheck_input_shape& input :
       read_structs(points.inputs, points.input_count, "points.inputs")) {
    result.inputs.push_back(read_input(input, "points.inputs"));
  }
  result.settings = read_choices<double>(points.settings, points.setting_count, "points.settings");
  result.sizes = read_choices<std::size_t>(points.sizes, points.size_count, "points.sizes");
  result.keep_parameters = points.keep_parameters != 0;
  result.layer = options;
  if (points.point_text != nullptr) {
    result.point_text = [points](const LayerPoint& point) {
      const char* const text = points.point_text(points.context, PointStruct(point).get());
      return std::string(text != nullptr ? text : "");
    };
  }
  return result;
}

}  // namespace

Report check_points_request(const gradcheck_points* given, const CallbackOptions& options) {
  const gradcheck_points points = read_struct(given, "points");
  require_pointer(points.make, "points", "make");
  const Report report = check_points(maker_of(points), read_points(points, options.layer));
  if (report.cases.at(0).error) {
    throw CallbackError(report.cases[0].error->message);
  }
  return report;
}

}  // namespace gradcheck
