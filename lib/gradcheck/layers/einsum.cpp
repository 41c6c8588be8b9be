#include <algorithm>
#include <cctype>
#include <optional>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/einsum.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

[[noreturn]] void throw_equation(std::string_view equation, std::string_view wanted) {
  throw_value("einsum", "equation", "\"" + shortened(equation) + "\"", wanted);
}

std::string without_blanks(std::string_view equation) {
  std::string text(equation);
  std::erase(text, ' ');
  return text;
}

void require_letters(std::string_view equation, const std::string& labels) {
  const auto letter = [](unsigned char c) { return std::isalpha(c) != 0; };
  if (!std::ranges::all_of(labels, letter)) {
    throw_equation(equation, "letters, one for each axis, as in \"ij,jk->ik\"");
  }
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// The labels that stand once in the operands, in alphabetical order.
std::string implied_output(std::string operands) {
  std::ranges::sort(operands);
  std::string output;
  for (const char c : operands) {
    if (std::ranges::count(operands, c) == 1) {
      output += c;
    }
  }
  std::erase(output, ',');
  return output;
}

}  // namespace

Einsum::Einsum(std::string_view equation) {
  const std::string text = without_blanks(equation);
  const std::size_t arrow = text.find("->");
  const std::string inputs = text.substr(0, arrow);
  operands_ = split(inputs);
  output_ = arrow == std::string::npos ? implied_output(inputs) : text.substr(arrow + 2);
  require_letters(equation, output_);
  labels_ = output_;
  for (const std::string& labels : operands_) {
    require_letters(equation, labels);
    for (const char c : labels) {
      if (labels_.find(c) == std::string::npos) {
        labels_ += c;
      }
    }
  }
  for (const char c : output_) {
    if (inputs.find(c) == std::string::npos) {
      throw_equation(equation,
                     std::string("an output of labels that the operands have, not '") + c + "'");
    }
    if (std::ranges::count(output_, c) > 1) {
      throw_equation(equation, std::string("each label once in the output, not '") + c + "' twice");
    }
  }
}

Einsum::Loops Einsum::loops_over(const std::vector<Shape>& shapes) const {
  Loops loops;
  std::vector<std::optional<std::size_t>> extents(labels_.size());
  for (std::size_t k = 0; k < shapes.size(); ++k) {
    std::vector<std::size_t> by_label(labels_.size(), 0);
    const std::vector<std::size_t> strides = strides_of(shapes[k]);
    for (std::size_t axis = 0; axis < shapes[k].size(); ++axis) {
      const std::size_t label = labels_.find(operands_[k][axis]);
      extents[label] = shapes[k][axis];
      by_label[label] += strides[axis];
    }
    loops.strides.push_back(std::move(by_label));
  }
  for (const auto& extent : extents) {
    loops.extents.push_back(*extent);
  }
  loops.output.assign(loops.extents.begin(),
                      loops.extents.begin() + static_cast<std::ptrdiff_t>(output_.size()));
  std::vector<std::size_t> to = strides_of(loops.output);
  to.resize(labels_.size(), 0);
  loops.strides.push_back(std::move(to));
  return loops;
}

Shape Einsum::shape(std::span<const Shape> x) const {
  if (x.size() != operands_.size()) {
    throw_value("einsum", "equation", std::to_string(operands_.size()) + " operands",
                std::to_string(x.size()) + ", as many as there are tensors");
  }
  std::vector<std::optional<std::size_t>> extents(labels_.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    const std::string operand = "operand " + std::to_string(k);
    if (x[k].size() != operands_[k].size()) {
      throw_shape("einsum", operand, to_string(x[k]),
                  std::to_string(operands_[k].size()) + " axes, those of \"" + operands_[k] + "\"");
    }
    for (std::size_t axis = 0; axis < x[k].size(); ++axis) {
      std::optional<std::size_t>& extent = extents[labels_.find(operands_[k][axis])];
      if (extent && *extent != x[k][axis]) {
        throw_shape(
            "einsum", operand, to_string(x[k]),
            "extent " + std::to_string(*extent) + " for label '" + operands_[k][axis] + "'");
      }
      extent = x[k][axis];
    }
  }
  const Loops loops = loops_over({x.begin(), x.end()});
  entries_of(loops.extents);
  return loops.output;
}

void add_einsum_layer(LayerLibrary& library) {
  library.add({.name = "einsum",
               .group = "linear",
               .tensors = {"a"},
               .variadic = true,
               .settings = {{.name = "equation", .kind = SettingType::Kind::text}},
               .formula = "y[output] = Σ Π_k x_k[labels of k] over the labels that are not in the "
                          "output; equation=\"ij,jk->ik\" is a matrix product",
               .gradients = "dx_k[labels of k] = Σ dy[output] Π_{m≠k} x_m over all other labels",
               .shapes = "an axis for each label; without -> the output has the labels that stand "
                         "once, in alphabetical order",
               .order = {"equation", "a"},
               .make = [](const Settings& settings) {
                 return make_layer("einsum", Einsum(word_setting(settings, "equation")));
               }});
}

}  // namespace gradcheck
