#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gradcheck/cases/derivation_point.hpp>
#include <gradcheck/diagnose/observation.hpp>

namespace gradcheck {

/// A helper that is to blame for what its readers claim.
struct BlamedHelper {
  std::size_t line = 0;
  std::vector<std::size_t> readers;  ///< the statements that it made wrong
  std::string meant;                 ///< what its value should be, in words; may be empty
  Tensor right;
  std::optional<Pattern> pattern;
};

/// Looks for those lines of a derivation that are at fault: with every gradient put right, at the
/// case's own point and at another one.
class DerivationBlame {
 public:
  /// `right` are the lines whose claims are right, `wrong` those that are not, or that have no
  /// value: of these, some may be right for themselves.
  DerivationBlame(const Network& network, const std::vector<DerivationLine>& lines,
                  std::vector<std::size_t> wrong, const std::vector<std::size_t>& right);

  /// The helpers for which another value would make every statement right that reads them, in their
  /// order; one of a chain, the first.
  std::vector<BlamedHelper> helpers();

  /// The mistake in a line that claims a gradient, if one change makes it right.
  std::optional<Pattern> mistake_in(std::size_t line);

  /// The second point; null where the derivation holds at no other.
  const DerivationPoint* elsewhere() const { return points_.size() > 1 ? points_[1] : nullptr; }

 private:
  std::optional<BlamedHelper> blamed(std::size_t helper);
  std::vector<std::size_t> claims_reading(std::size_t helper) const;
  bool all_right(const DerivationPoint& point, const std::vector<std::size_t>& readers,
                 std::size_t helper, const Tensor& value) const;
  bool means_something(std::size_t helper) const;
  bool is_misused(std::size_t helper, std::size_t reader) const;
  std::optional<Tensor> solved(std::size_t helper, const std::vector<std::size_t>& readers) const;

  const std::vector<DerivationLine>& lines_;
  std::vector<std::size_t> wrong_;
  DerivationPoint here_;
  std::optional<DerivationPoint> elsewhere_;
  std::vector<DerivationPoint*> points_;
};

}  // namespace gradcheck
