#include <algorithm>
#include <cmath>

#include <gradcheck/cases/derivation_blame.hpp>
#include <gradcheck/cases/repairs.hpp>

namespace gradcheck {

namespace {

void rename(Expression& e, const std::string& from, const std::string& to) {
  if (e.kind == Expression::Kind::name && e.text == from) {
    e.text = to;
  }
  for (Expression& child : e.children) {
    rename(child, from, to);
  }
}

}  // namespace

DerivationBlame::DerivationBlame(const Network& network, const std::vector<DerivationLine>& lines,
                                 std::vector<std::size_t> wrong,
                                 const std::vector<std::size_t>& right)
    : lines_(lines), wrong_(std::move(wrong)), here_(network, lines) {
  std::erase_if(wrong_, [&](std::size_t line) { return here_.is_right(line); });
  for (const bool inputs : {true, false}) {
    if (!elsewhere_) {
      elsewhere_ = DerivationPoint::elsewhere(network, lines, right, inputs);
    }
  }
  points_.push_back(&here_);
  if (elsewhere_) {
    points_.push_back(&*elsewhere_);
  }
}

std::vector<BlamedHelper> DerivationBlame::helpers() {
  std::vector<BlamedHelper> found;
  for (std::size_t k = 0; k < lines_.size(); ++k) {
    if (lines_[k].claims) {
      continue;
    }
    if (std::optional<BlamedHelper> one = blamed(k)) {
      std::erase_if(wrong_,
                    [&](std::size_t line) { return std::ranges::count(one->readers, line) > 0; });
      found.push_back(std::move(*one));
    }
  }
  return found;
}

std::optional<Pattern> DerivationBlame::mistake_in(std::size_t line) {
  return repaired(lines_, line, points_, [&](const Expression& other) {
    return std::ranges::all_of(points_, [&](const DerivationPoint* point) {
      const std::optional<Tensor> value = point->value_of(line, other);
      return value && point->is_claimed(line, *value);
    });
  });
}

std::vector<std::size_t> DerivationBlame::claims_reading(std::size_t helper) const {
  std::vector<std::size_t> readers = readers_of(lines_, helper);
  std::erase_if(readers, [&](std::size_t line) { return !lines_[line].claims; });
  return readers;
}

bool DerivationBlame::all_right(const DerivationPoint& point,
                                const std::vector<std::size_t>& readers, std::size_t helper,
                                const Tensor& value) const {
  return std::ranges::all_of(
      readers, [&](std::size_t reader) { return point.is_right_with(reader, helper, value); });
}

/// Whether the helper's value is something that the network knows, such as a right gradient.
bool DerivationBlame::means_something(std::size_t helper) const {
  std::vector<bool> same(here_.meanings().size(), true);
  for (const DerivationPoint* point : points_) {
    const std::optional<Tensor> value = point->value_of(helper);
    for (std::size_t m = 0; m < same.size(); ++m) {
      same[m] = same[m] && value && same_entries(*value, point->meanings()[m].value);
    }
  }
  return std::ranges::count(same, true) > 0;
}

/// Whether a line would be right if it read another line in the place of the helper.
bool DerivationBlame::is_misused(std::size_t helper, std::size_t reader) const {
  for (std::size_t other = 0; other < reader; ++other) {
    Expression changed = lines_[reader].statement.value;
    rename(changed, lines_[helper].target, lines_[other].target);
    const bool right = std::ranges::all_of(points_, [&](const DerivationPoint* point) {
      const std::optional<Tensor> value = point->value_of(reader, changed);
      return value && point->is_claimed(reader, *value);
    });
    if (other != helper && right) {
      return true;
    }
  }
  return false;
}

/// The value that makes the readers right, of a helper that enters one of them entry by entry.
std::optional<Tensor> DerivationBlame::solved(std::size_t helper,
                                              const std::vector<std::size_t>& readers) const {
  const std::optional<Tensor> now = here_.value_of(helper);
  if (!now || readers.size() < 2) {
    return std::nullopt;
  }
  Tensor other = *now;
  for (double& x : entries(other)) {
    x += 1;
  }
  for (const std::size_t reader : readers) {
    const std::optional<Tensor> before = here_.value_with(reader, helper, *now);
    const std::optional<Tensor> after = here_.value_with(reader, helper, other);
    const Tensor& wanted = here_.gradient(*lines_[reader].claims);
    if (!before || !after || before->size() != wanted.size() ||
        (wanted.size() != now->size() && now->size() != 1)) {
      continue;
    }
    Tensor solution = *now;
    for (std::size_t i = 0; i < solution.size(); ++i) {
      const double rate = after->data()[i] - before->data()[i];
      solution.data()[i] += (wanted.data()[i] - before->data()[i]) / rate;
    }
    if (all_finite(solution) && all_right(here_, readers, helper, solution)) {
      return solution;
    }
  }
  return std::nullopt;
}

std::optional<BlamedHelper> DerivationBlame::blamed(std::size_t helper) {
  const std::vector<std::size_t> readers = claims_reading(helper);
  const auto is_wrong = [&](std::size_t line) { return std::ranges::count(wrong_, line) > 0; };
  if (std::ranges::none_of(readers, is_wrong)) {
    return std::nullopt;
  }
  // A right value in the wrong place is the mistake of the place, if a right one is at hand.
  if (means_something(helper) && std::ranges::all_of(readers, [&](std::size_t reader) {
        return !is_wrong(reader) || is_misused(helper, reader);
      })) {
    return std::nullopt;
  }
  BlamedHelper blame{helper, readers, {}, {}, {}};
  bool found = false;
  for (std::size_t m = 0; m < here_.meanings().size() && !found; ++m) {
    found = std::ranges::all_of(points_, [&](const DerivationPoint* point) {
      return all_right(*point, readers, helper, point->meanings()[m].value);
    });
    if (found) {
      blame.meant = here_.meanings()[m].text;
      blame.right = here_.meanings()[m].value;
    }
  }
  if (!found) {
    const std::optional<Tensor> solution = solved(helper, readers);
    if (!solution || means_something(helper)) {
      return std::nullopt;
    }
    blame.right = *solution;
  }
  blame.pattern = repaired(lines_, helper, points_, [&](const Expression& other) {
    return std::ranges::all_of(points_, [&](const DerivationPoint* point) {
      const std::optional<Tensor> value = point->value_of(helper, other);
      return value && all_right(*point, readers, helper, *value);
    });
  });
  return blame;
}

}  // namespace gradcheck
