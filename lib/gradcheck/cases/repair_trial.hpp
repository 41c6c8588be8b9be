#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/cases/repairs.hpp>

namespace gradcheck {

/// One line of a derivation on which changes are tried, one at a time, until one makes it right.
class RepairTrial {
 public:
  RepairTrial(const std::vector<DerivationLine>& lines, std::size_t line,
              const std::vector<DerivationPoint*>& points, const AcceptsRepair& accepts);

  Expression& root() { return root_; }
  const std::string& target() const { return lines_[line_].target; }
  const DerivationPoint& here() const { return *points_[0]; }
  const std::vector<DerivationPoint*>& points() const { return points_; }
  /// The names that the line may read.
  std::vector<std::string> names() const;
  /// The value of an expression at the case's own point.
  std::optional<Tensor> value_of(const Expression& e) const { return here().value_of(line_, e); }

  /// Whether the line is right with `other` in the place of a part of it.
  bool fits(Expression& part, Expression other);

  /// Keeps what was found; true, so that a search can end with it.
  bool say(std::string name, std::string sentence);
  const std::optional<Pattern>& found() const { return found_; }

 private:
  const std::vector<DerivationLine>& lines_;
  std::size_t line_;
  const std::vector<DerivationPoint*>& points_;
  const AcceptsRepair& accepts_;
  Expression root_;
  std::size_t trials_left_;
  std::optional<Pattern> found_;
};

/// Every part of an expression, outermost first. The visitor may replace a part for as long as it
/// works; true ends the walk.
bool any_part(Expression& part, const std::function<bool(Expression&)>& visit);

Expression name_expression(const std::string& text);
Expression number_expression(double value);
Expression binary_expression(const std::string& symbol, Expression a, Expression b);
Expression unary_expression(Expression::Kind kind, Expression child);

/// Changes of the form alone: signs, transposes, products, powers, operations, what is too many,
/// sums over the batch, plain factors.
void try_sign(RepairTrial& trial);
void try_products(RepairTrial& trial);
void try_other_products(RepairTrial& trial);
void try_powers(RepairTrial& trial);
void try_operators(RepairTrial& trial);
void try_reductions(RepairTrial& trial);
void try_factors(RepairTrial& trial);

/// Changes by what the network knows: another name, a local derivative in the place of a part, one
/// that is missing or too many, old values for updated ones.
void try_names(RepairTrial& trial);
void try_derivatives(RepairTrial& trial);
void try_dropping(RepairTrial& trial);
void try_masks(RepairTrial& trial);

}  // namespace gradcheck
