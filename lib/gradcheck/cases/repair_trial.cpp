#include <algorithm>

#include <gradcheck/cases/repair_trial.hpp>

namespace gradcheck {

namespace {

/// A line that no such number of changes makes right has more than one mistake.
constexpr std::size_t most_trials = 3000;
/// Entries of a network times changes: of large networks fewer are tried.
constexpr std::size_t most_tried_entries = std::size_t{1} << 28;

}  // namespace

RepairTrial::RepairTrial(const std::vector<DerivationLine>& lines, std::size_t line,
                         const std::vector<DerivationPoint*>& points, const AcceptsRepair& accepts)
    : lines_(lines),
      line_(line),
      points_(points),
      accepts_(accepts),
      root_(lines[line].statement.value),
      trials_left_(std::min(most_trials, most_tried_entries / here().network().entries())) {}

std::vector<std::string> RepairTrial::names() const {
  std::vector<std::string> all;
  for (const auto& [name, id] : here().network().names()) {
    all.push_back(name);
  }
  for (std::size_t k = 0; k < line_; ++k) {
    all.push_back(lines_[k].target);
  }
  return all;
}

bool RepairTrial::fits(Expression& part, Expression other) {
  if (trials_left_ == 0) {
    return false;
  }
  --trials_left_;
  std::swap(part, other);
  const bool right = accepts_(root_);
  std::swap(part, other);
  return right;
}

bool RepairTrial::say(std::string name, std::string sentence) {
  found_ = Pattern{std::move(name), std::move(sentence)};
  return true;
}

bool any_part(Expression& part, const std::function<bool(Expression&)>& visit) {
  if (visit(part)) {
    return true;
  }
  return std::ranges::any_of(part.children,
                             [&](Expression& child) { return any_part(child, visit); });
}

Expression name_expression(const std::string& text) {
  Expression e;
  e.kind = Expression::Kind::name;
  e.text = text;
  return e;
}

Expression number_expression(double value) {
  Expression e;
  e.number = value;
  return e;
}

Expression binary_expression(const std::string& symbol, Expression a, Expression b) {
  Expression e;
  e.kind = Expression::Kind::binary;
  e.text = symbol;
  e.children = {std::move(a), std::move(b)};
  return e;
}

Expression unary_expression(Expression::Kind kind, Expression child) {
  Expression e;
  e.kind = kind;
  e.children = {std::move(child)};
  return e;
}

}  // namespace gradcheck
