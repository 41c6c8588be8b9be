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

/// What stands for "...".
constexpr char ellipsis = '.';

/// The label of an axis of "...", counted from the last one: no letter.
char label_of_axis(std::size_t from_last) { return static_cast<char>(from_last + 1); }
bool is_letter(char label) { return std::isalpha(static_cast<unsigned char>(label)) != 0; }

/// Without blanks, and with one sign for "...".
std::string compressed(std::string_view equation) {
  std::string text(equation);
  std::erase(text, ' ');
  for (std::size_t at = 0; (at = text.find("...", at)) != std::string::npos; ++at) {
    text.replace(at, 3, 1, ellipsis);
  }
  return text;
}

void require_letters(std::string_view equation, const std::string& labels) {
  const bool known =
      std::ranges::all_of(labels, [](char c) { return is_letter(c) || c == ellipsis; });
  if (!known || std::ranges::count(labels, ellipsis) > 1) {
    throw_equation(
        equation, "letters, one for each axis, and '...' once for all others, as in \"ij,jk->ik\"");
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

/// As it was written.
std::string spelled(std::string labels) {
  const std::size_t at = labels.find(ellipsis);
  return at == std::string::npos ? labels : labels.replace(at, 1, "...");
}

/// "...", if it stands there, and the labels that stand once in the operands, in alphabetical
/// order.
std::string implied_output(std::string operands) {
  std::string output(std::ranges::count(operands, ellipsis) > 0 ? 1 : 0, ellipsis);
  std::erase(operands, ellipsis);
  std::ranges::sort(operands);
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
  const std::string text = compressed(equation);
  const std::size_t arrow = text.find("->");
  const std::string inputs = text.substr(0, arrow);
  operands_ = split(inputs);
  output_ = arrow == std::string::npos ? implied_output(inputs) : text.substr(arrow + 2);
  require_letters(equation, output_);
  for (const std::string& labels : operands_) {
    require_letters(equation, labels);
  }
  for (const char c : output_) {
    const std::string label = c == ellipsis ? "..." : std::string(1, c);
    if (inputs.find(c) == std::string::npos) {
      throw_equation(equation, "an output of labels that the operands have, not '" + label + "'");
    }
    if (std::ranges::count(output_, c) > 1) {
      throw_equation(equation, "each label once in the output, not '" + label + "' twice");
    }
  }
}

Einsum::Labels Einsum::labels_for(std::span<const Shape> x) const {
  if (x.size() != operands_.size()) {
    throw_value("einsum", "equation", std::to_string(operands_.size()) + " operands",
                std::to_string(x.size()) + ", as many as there are tensors");
  }
  std::size_t most = 0;
  const auto spread = [](std::string labels, std::size_t axes) {
    std::string others;
    for (std::size_t k = axes; k-- > 0;) {
      others += label_of_axis(k);
    }
    const std::size_t at = labels.find(ellipsis);
    return at == std::string::npos ? labels : labels.replace(at, 1, others);
  };
  Labels labels;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const bool open = operands_[k].find(ellipsis) != std::string::npos;
    const std::size_t named = operands_[k].size() - (open ? 1 : 0);
    if (x[k].size() < named || (!open && x[k].size() > named)) {
      throw_shape("einsum", "operand " + std::to_string(k), to_string(x[k]),
                  (open ? "at least " : "") + std::to_string(named) + " axes, those of \"" +
                      spelled(operands_[k]) + "\"");
    }
    most = std::max(most, x[k].size() - named);
    labels.operands.push_back(spread(operands_[k], x[k].size() - named));
  }
  labels.output = spread(output_, most);
  labels.all = labels.output;
  for (const std::string& each : labels.operands) {
    for (const char c : each) {
      labels.all += labels.all.find(c) == std::string::npos ? std::string(1, c) : "";
    }
  }
  return labels;
}

Einsum::Loops Einsum::loops_over(std::span<const Shape> x) const {
  const Labels labels = labels_for(x);
  std::vector<std::optional<std::size_t>> extents(labels.all.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    for (std::size_t axis = 0; axis < x[k].size(); ++axis) {
      const char c = labels.operands[k][axis];
      std::optional<std::size_t>& extent = extents[labels.all.find(c)];
      const bool stretches = !is_letter(c) && (x[k][axis] == 1 || extent == 1);
      if (extent && *extent != x[k][axis] && !stretches) {
        throw_shape("einsum", "operand " + std::to_string(k), to_string(x[k]),
                    "extent " + std::to_string(*extent) +
                        (is_letter(c) ? std::string(" for label '") + c + "'"
                                      : ", or 1, for an axis of '...'"));
      }
      extent = extent && stretches ? *extent * x[k][axis] : x[k][axis];  // one of them is 1
    }
  }
  Loops loops;
  for (const auto& extent : extents) {
    loops.extents.push_back(*extent);
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    std::vector<std::size_t> by_label(labels.all.size(), 0);
    const std::vector<std::size_t> strides = strides_of(x[k]);
    for (std::size_t axis = 0; axis < x[k].size(); ++axis) {
      const std::size_t label = labels.all.find(labels.operands[k][axis]);
      by_label[label] += x[k][axis] == loops.extents[label] ? strides[axis] : 0;
    }
    loops.strides.push_back(std::move(by_label));
  }
  loops.output.assign(loops.extents.begin(),
                      loops.extents.begin() + static_cast<std::ptrdiff_t>(labels.output.size()));
  std::vector<std::size_t> to = strides_of(loops.output);
  to.resize(labels.all.size(), 0);
  loops.strides.push_back(std::move(to));
  return loops;
}

Shape Einsum::shape(std::span<const Shape> x) const {
  const Loops loops = loops_over(x);
  entries_of(loops.extents);  // throws where there are too many
  return loops.output;
}

void add_einsum_layer(LayerLibrary& library) {
  library.add(
      {.name = "einsum",
       .group = "linear",
       .tensors = {"a"},
       .variadic = true,
       .settings = {{.name = "equation", .kind = SettingType::Kind::text}},
       .formula = "y[output] = Σ Π_k x_k[labels of k] over the labels that are not in the "
                  "output; equation=\"ij,jk->ik\" is a matrix product",
       .gradients = "dx_k[labels of k] = Σ dy[output] Π_{m≠k} x_m over all other labels",
       .shapes = "an axis for each label, \"...\" for all others, which broadcast; without -> the "
                 "output has these and the labels that stand once, in alphabetical order",
       .order = {"equation", "a"},
       .make = [](const Settings& settings) {
         return make_layer("einsum", Einsum(word_setting(settings, "equation")));
       }});
}

}  // namespace gradcheck
