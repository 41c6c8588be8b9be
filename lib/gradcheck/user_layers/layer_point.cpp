#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/random.hpp>
#include <gradcheck/user_layers/layer_point.hpp>

namespace gradcheck {

namespace {

/// What a point's numbers are like.
struct Character {
  const char* text;
  std::size_t batch;
  double range;
};
constexpr std::array<Character, 8> characters{{{"values within 1", 3, 1},
                                               {"a batch of one", 1, 1},
                                               {"values within 8", 5, 8},
                                               {"values within 30", 5, 30},
                                               {"exact zeros", 3, 1},
                                               {"ties", 5, 2},
                                               {"constant rows", 3, 2},
                                               {"other seeds", 5, 1}}};
/// Odd, and each symbol another one.
constexpr std::array<std::size_t, 4> odd_sizes{3, 5, 7, 9};

const Character& character_of(const LayerPoint& point) {
  const auto found = std::ranges::find_if(
      characters, [&](const Character& one) { return one.text == point.character; });
  return found == characters.end() ? characters[0] : *found;
}

/// The symbols of a space, in their order.
std::vector<std::string> symbols_of(const PointSpace& space) {
  std::vector<std::string> symbols;
  const auto add = [&](const Extent& extent) {
    if (!extent.symbol.empty() && std::ranges::count(symbols, extent.symbol) == 0) {
      symbols.push_back(extent.symbol);
    }
  };
  for (const InputShape& input : space.inputs) {
    std::ranges::for_each(input.extents, add);
    add(input.labels_below);
  }
  for (const auto& entry : space.sizes) {
    add(entry.first);
  }
  return symbols;
}

std::map<std::string, std::size_t> sizes_at(const PointSpace& space, std::size_t k) {
  std::map<std::string, std::size_t> sizes;
  const std::vector<std::string> symbols = symbols_of(space);
  for (std::size_t s = 0; s < symbols.size(); ++s) {
    const auto choice = space.sizes.find(symbols[s]);
    const bool batch = s == 0 && !space.inputs.empty() && !space.inputs[0].extents.empty() &&
                       space.inputs[0].extents[0].symbol == symbols[s];
    sizes[symbols[s]] = choice != space.sizes.end() && !choice->second.empty()
                            ? choice->second[(s + k) % choice->second.size()]
                        : batch ? characters[k].batch
                                : odd_sizes[(s + k) % odd_sizes.size()];
  }
  return sizes;
}

Tensor labels_at(const LayerPoint& point, const Shape& shape, std::size_t below,
                 std::uint64_t seed) {
  const bool repeated = point.character == "ties";
  return repeated ? full<double>(shape, static_cast<double>(below - 1))
                  : random_integers(shape, 0, static_cast<std::int64_t>(below), seed);
}

std::string numbers_text(std::span<const double> numbers) {
  std::string text;
  for (const double number : numbers) {
    text += (text.empty() ? "" : ", ") + fmt::format("{}", number);
  }
  return text;
}

}  // namespace

std::size_t LayerPoint::operator[](const std::string& symbol) const {
  const auto found = sizes.find(symbol);
  if (found == sizes.end()) {
    throw_value("point", "the size '" + symbol + "'", "no value", "a symbol of the inputs' shapes");
  }
  return found->second;
}

double LayerPoint::setting(const std::string& name) const {
  const auto found = settings.find(name);
  if (found == settings.end()) {
    throw_value("point", "the setting '" + name + "'", "no value", "one of the settings given");
  }
  return found->second;
}

std::string LayerPoint::description() const {
  std::string text;
  const auto add = [&](const std::string& name, double value) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  };
  for (const auto& [symbol, size] : sizes) {
    add(symbol, static_cast<double>(size));
  }
  for (const auto& [name, value] : settings) {
    add(name, value);
  }
  return text;
}

std::string LayerPoint::code() const {
  std::string text = "LayerPoint point;\n";
  for (const auto& [symbol, size] : sizes) {
    text += fmt::format("point.sizes[\"{}\"] = {};\n", symbol, size);
  }
  for (const auto& [name, value] : settings) {
    text += fmt::format("point.settings[\"{}\"] = {};\n", name, value);
  }
  for (const auto& [name, value] : values) {
    const Shape shape = shape_of(value);
    std::string extents;
    for (const std::size_t extent : shape) {
      extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
    }
    text += fmt::format("point.values[\"{}\"] = tensor_of({{{}}}, std::vector<double>{{{}}});\n",
                        name, extents, numbers_text(entries(value)));
  }
  return text;
}

Tensor point_values(const LayerPoint& point, const Shape& shape, double low, double high,
                    std::uint64_t seed) {
  const Character& character = character_of(point);
  const double from = std::max(low, -character.range), to = std::min(high, character.range);
  const bool inside = from < to;
  Tensor t = random_uniform(shape, inside ? from : low, inside ? to : high, seed);
  const std::size_t row = shape.empty() || shape[0] == 0 ? 1 : t.size() / shape[0];
  for (std::size_t i = 0; i < t.size(); ++i) {
    double& x = t.data()[i];
    if (point.character == "exact zeros" && i % 3 == 1 && low <= 0 && high >= 0) {
      x = 0;
    } else if (point.character == "ties" && low <= std::round(x) && std::round(x) <= high) {
      x = std::round(x);
    } else if (point.character == "constant rows" && i % (2 * row) != 0 && i % (2 * row) < row) {
      x = t.data()[i - 1];
    }
  }
  return t;
}

std::vector<LayerPoint> points_of(const PointSpace& space, std::uint64_t seed) {
  std::vector<LayerPoint> points;
  for (std::size_t k = 0; k < characters.size(); ++k) {
    LayerPoint point;
    point.character = characters[k].text;
    point.sizes = sizes_at(space, k);
    for (const auto& [name, values] : space.settings) {
      if (!values.empty()) {
        point.settings[name] = values[(k + 1) % values.size()];
      }
    }
    for (std::size_t j = 0; j < space.inputs.size(); ++j) {
      const InputShape& input = space.inputs[j];
      Shape shape;
      for (const Extent& extent : input.extents) {
        shape.push_back(extent.in(point));
      }
      const std::size_t below = input.labels_below.in(point);
      const std::uint64_t its_seed = seed + 100 * k + j;
      point.values[input.name] = below > 0
                                     ? labels_at(point, shape, below, its_seed)
                                     : point_values(point, shape, input.low, input.high, its_seed);
    }
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace gradcheck
