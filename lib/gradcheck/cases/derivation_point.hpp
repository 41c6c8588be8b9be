#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradcheck/cases/derivation_lines.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

/// A tensor that has a meaning in a network, with the words for it.
struct Meaning {
  std::string text;  ///< "the derivative of sigmoid at z1"
  Tensor value;
};

/// One use of an elementwise function: its derivative, and what students write in its place.
struct LocalDerivative {
  std::string function;
  std::string argument;  ///< as written: "z1", "Wf * x"
  Tensor value;
  std::vector<Meaning> mistaken;
};

/// A derivation worked out at one point of its network with every gradient put right, so that each
/// line is seen for itself.
class DerivationPoint {
 public:
  /// Throws LocatedError where the network cannot be evaluated there.
  DerivationPoint(Network network, const std::vector<DerivationLine>& lines);

  /// The same derivation elsewhere: the parameters at random, the inputs as well if `inputs`. None
  /// where the network refuses that point, or where a line of `right` is not right there: such
  /// lines use the numbers of the first point.
  static std::optional<DerivationPoint> elsewhere(const Network& network,
                                                  const std::vector<DerivationLine>& lines,
                                                  const std::vector<std::size_t>& right,
                                                  bool inputs);

  const Network& network() const { return network_; }
  const Tensor& gradient(ValueId id) const { return gradients_[id]; }
  /// The value of a line's own expression; none if it has none.
  std::optional<Tensor> value_of(std::size_t line) const;
  /// An expression over the names that the line may read, and those of `more`.
  std::optional<Tensor> value_of(std::size_t line, const Expression& expression) const;
  /// Whether what the line claims is right; with another value for one of its helpers.
  bool is_right(std::size_t line) const;
  bool is_right_with(std::size_t line, std::size_t helper, const Tensor& value) const;
  std::optional<Tensor> value_with(std::size_t line, std::size_t helper, const Tensor& value) const;
  /// Whether a value is the gradient that the line claims.
  bool is_claimed(std::size_t line, const Tensor& value) const;

  /// Lends a tensor a name that no text can contain; expressions may then use it.
  void lend(const std::string& name, const Tensor& value);

  const std::vector<LocalDerivative>& local_derivatives() const { return derivatives_; }
  /// What a helper may stand for: local derivatives, gradients of parts of an expression, ...
  const std::vector<Meaning>& meanings() const { return meanings_; }

 private:
  void find_local_derivatives();
  void find_meanings();
  using Names = std::map<std::string, Tensor>;
  static std::optional<Tensor> evaluated(const Expression& expression, const Names& names);

  Network network_;
  const std::vector<DerivationLine>* lines_;
  Values<double> values_;
  Values<double> gradients_;
  Names names_;
  std::vector<LocalDerivative> derivatives_;
  std::vector<Meaning> meanings_;
};

/// Whether two tensors have the same entries to within a small part of the largest one; axes of
/// size 1 are ignored.
bool same_entries(const Tensor& a, const Tensor& b);

}  // namespace gradcheck
