#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include <gradcheck/numeric/sweep/opaque_function.hpp>

namespace gradcheck {

/// Which entries of one input of a layer may be moved together because no output depends on two of
/// them (Curtis, Powell and Reid, J. Inst. Maths Applics 13 (1974) 117-119), found from the
/// layer's values alone: sets of entries are moved, and the outputs that change are noted, by the
/// bits of the entries' indices along each axis.
///
/// Along an axis, indices have *colors*: of two indices of one color each output depends on one at
/// most. Entries whose colors are alike along every axis make a group.
class Dependence {
 public:
  /// `scales`: how far each entry is moved at most. Nothing is looked for where entries are few.
  Dependence(OpaqueFunction& f, std::size_t slot, const Tensor& scales, std::uint64_t seed);

  std::size_t groups() const { return members_.size(); }
  const std::vector<std::uint32_t>& members(std::size_t group) const { return members_[group]; }

  /// Which entry of a group an output depends on, as a position among its members; none if it
  /// depends on none of them, as far as was seen.
  std::vector<std::optional<std::uint32_t>> owners(std::size_t group) const;

  /// By output: up to this difference two values count as the same. 0 for a layer that gives the
  /// same twice.
  const std::vector<double>& tolerances() const { return tolerances_; }

 private:
  struct Axis {
    std::size_t extent;
    std::size_t stride;
    std::size_t bits;
    std::vector<std::uint32_t> zero;  ///< by output: the bits with an index of 0 there that it sees
    std::vector<std::uint32_t> one;   ///< the same of 1
    std::uint32_t separate = 0;       ///< the bits of which no output sees both
    /// Of the other bits of an index, taken together ("rest"): its color; empty: the rest itself.
    std::vector<std::uint32_t> color_of_rest;
    /// By color, by output: the rest of that color which the output sees, or `none`.
    std::vector<std::vector<std::uint32_t>> rest_seen;
    std::size_t colors;

    std::size_t index(std::size_t entry) const { return entry / stride % extent; }
    std::uint32_t rest(std::size_t entry) const;
    std::size_t color(std::size_t entry) const;
    std::optional<std::size_t> index_seen(std::size_t output, std::size_t color) const;
  };

  void measure_tolerances();
  void explore();
  void see_bits(Axis& axis, const std::vector<double>& by);
  void separate_bits(Axis& axis) const;
  std::vector<bool> see_rest(const Axis& axis, std::size_t rest);
  bool sparse(const Axis& axis);
  void color_rests(Axis& axis);
  void make_groups();
  std::vector<bool> changed(const std::vector<std::uint32_t>& entries,
                            const std::vector<double>& by);

  OpaqueFunction& f_;
  std::size_t slot_;
  const Tensor& scales_;
  std::mt19937_64 random_;
  std::vector<double> tolerances_;
  std::vector<Axis> axes_;
  std::vector<std::vector<std::uint32_t>> members_;
  std::vector<std::uint32_t> position_;  ///< by entry: among the members of its group
};

}  // namespace gradcheck
