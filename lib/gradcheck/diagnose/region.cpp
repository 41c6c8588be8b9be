#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/diagnose/region.hpp>

namespace gradcheck {

namespace {

/// A part of a tensor, in words.
struct Region {
  std::string pattern;  ///< "one row"
  std::string where;    ///< "row 2"
  std::vector<bool> inside;
};

std::string slice_text(const Shape& shape, std::size_t axis, std::size_t position) {
  if (shape.size() == 2) {
    return fmt::format("{} {}", axis == 0 ? "row" : "column", position);
  }
  std::vector<std::string> parts(shape.size(), ":");
  parts[axis] = std::to_string(position);
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::vector<bool> mask_of(const Shape& shape,
                          const std::function<bool(const std::vector<std::size_t>&)>& inside) {
  std::vector<bool> mask;
  for (std::size_t i = 0; i < entries_of(shape); ++i) {
    mask.push_back(inside(unravel(shape, i)));
  }
  return mask;
}

void add_slices(const Shape& shape, const std::vector<std::size_t>& first,
                std::vector<Region>& regions) {
  for (std::size_t axis = 0; axis < shape.size() && shape.size() > 1; ++axis) {
    const bool row = axis == 0;
    const char* const one = row ? "one row" : shape.size() == 2 ? "one column" : "one slice";
    regions.push_back(
        {one, slice_text(shape, axis, first[axis]),
         mask_of(shape, [&](const auto& index) { return index[axis] == first[axis]; })});
  }
}

/// The outermost entries of the last two axes (of the only one).
void add_border(const Shape& shape, std::vector<Region>& regions) {
  const std::size_t axes = std::min<std::size_t>(shape.size(), 2);
  const auto outermost = [&](const std::vector<std::size_t>& index) {
    for (std::size_t k = shape.size() - axes; k < shape.size(); ++k) {
      if (index[k] == 0 || index[k] + 1 == shape[k]) {
        return true;
      }
    }
    return false;
  };
  regions.push_back({"border", "the border", mask_of(shape, outermost)});
}

/// What begins at, or ends with, the wrong entries: some rows, or some entries of all.
void add_ends(const Shape& shape, std::size_t first, std::size_t last,
              std::vector<Region>& regions) {
  const std::size_t size = entries_of(shape);
  const std::size_t rows = shape[0], row = size / rows;
  const auto between = [size](std::size_t from, std::size_t to) {
    std::vector<bool> mask(size);
    std::fill(mask.begin() + static_cast<std::ptrdiff_t>(from),
              mask.begin() + static_cast<std::ptrdiff_t>(to), true);
    return mask;
  };
  if (shape.size() > 1) {
    const std::size_t from = first / row, to = last / row + 1;
    regions.push_back(
        {"last block", fmt::format("the last {} rows", rows - from), between(from * row, size)});
    regions.push_back({"first block", fmt::format("the first {} rows", to), between(0, to * row)});
  }
  regions.push_back(
      {"last block", fmt::format("the last {} entries", size - first), between(first, size)});
  regions.push_back(
      {"first block", fmt::format("the first {} entries", last + 1), between(0, last + 1)});
}

std::vector<Region> candidates(const Shape& shape, const std::vector<std::size_t>& wrong,
                               const std::vector<Condition>& conditions) {
  std::vector<Region> regions;
  std::vector<std::size_t> first = unravel(shape, wrong.front());
  add_slices(shape, first, regions);
  add_border(shape, regions);
  for (const Condition& condition : conditions) {
    regions.push_back({"some entries", "the entries " + condition.name, condition.holds});
  }
  add_ends(shape, wrong.front(), wrong.back(), regions);
  return regions;
}

bool contains(const Region& region, const std::vector<std::size_t>& wrong) {
  return std::ranges::all_of(wrong, [&](std::size_t i) { return region.inside[i]; });
}

/// Whether what the region says of its entries that agree is true as well.
bool fills(const Observation& seen, const Region& region, const std::vector<std::size_t>& wrong,
           const std::optional<Rule>& rule) {
  std::size_t next = 0, count = 0;
  for (std::size_t i = 0; i < region.inside.size(); ++i) {
    count += region.inside[i] ? 1 : 0;
    const bool is_wrong = next < wrong.size() && wrong[next] == i;
    next += is_wrong ? 1 : 0;
    if (region.inside[i] && !is_wrong && !(rule && fits(seen, i, rule->at(seen, i)))) {
      return false;
    }
  }
  return count < region.inside.size();
}

std::string says(const Observation& seen, const std::vector<std::size_t>& wrong,
                 const std::optional<Rule>& rule, const std::vector<NamedNumber>& numbers) {
  if (rule) {
    const std::string meaning = meaning_of(*rule, numbers);
    return ": " + text_of(*rule) + " there, the others agree" +
           (meaning.empty() ? "" : "; " + meaning);
  }
  const auto unwritten = [&](std::size_t i) { return std::isnan(seen.analytic.data()[i]); };
  return std::ranges::all_of(wrong, unwritten) ? ": analytic is NaN there, the others agree"
                                               : ", the others agree";
}

Pattern one_entry(const Observation& seen, std::size_t entry,
                  const std::vector<NamedNumber>& numbers) {
  const std::optional<Rule> rule = common_rule(seen, std::span(&entry, 1), numbers);
  const std::string what = rule ? ": " + text_of(*rule) + " there" : "";
  return {"one entry",
          fmt::format("only {}{}, the others agree",
                      seen.shape().empty() ? "it" : index_text(seen.shape(), entry), what)};
}

}  // namespace

std::optional<Pattern> wrong_region(const Observation& seen,
                                    const std::vector<NamedNumber>& numbers,
                                    const std::vector<Condition>& conditions) {
  const std::vector<std::size_t> wrong = disagreeing_entries(seen);
  if (wrong.empty() || wrong.size() == seen.size()) {
    return std::nullopt;
  }
  if (wrong.size() == 1) {
    return one_entry(seen, wrong[0], numbers);
  }
  const std::optional<Rule> rule = common_rule(seen, wrong, numbers);
  for (const Region& region : candidates(seen.shape(), wrong, conditions)) {
    if (contains(region, wrong) && fills(seen, region, wrong, rule)) {
      return Pattern{region.pattern,
                     fmt::format("only {}{}", region.where, says(seen, wrong, rule, numbers))};
    }
  }
  if (rule) {
    return Pattern{"some entries", fmt::format("{} at {} of {} entries, the others agree",
                                               text_of(*rule), wrong.size(), seen.size())};
  }
  return std::nullopt;
}

}  // namespace gradcheck
