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
  /// `scales`: how far each entry is moved at most. `tolerances`, by output: up to this difference
  /// two values count as the same. `affine`: what one move shows, any shows. Nothing is looked for
  /// where entries are few. f, scales and tolerances must outlive it.
  Dependence(OpaqueFunction& f, std::size_t slot, const Tensor& scales,
             const std::vector<double>& tolerances, bool affine, std::uint64_t seed);

  std::size_t groups() const { return members_.size(); }
  const std::vector<std::uint32_t>& members(std::size_t group) const { return members_[group]; }

  /// Which entry of a group an output depends on, as a position among its members; none if it
  /// depends on none of them, as far as was seen.
  std::vector<std::optional<std::uint32_t>> owners(std::size_t group) const;

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
    std::vector<std::uint32_t> entries(std::size_t count, std::uint32_t mask, bool set) const;
    std::uint32_t rest(std::size_t entry) const;
    std::size_t color(std::size_t entry) const;
    void add_places(std::size_t color, std::vector<std::size_t>& places) const;
  };

  void explore();
  void see_bits(Axis& axis, const std::vector<double>& by, const std::vector<double>& all);
  void separate_bits(Axis& axis) const;
  std::vector<bool> see_rest(const Axis& axis, std::size_t rest);
  bool sparse(const Axis& axis);
  void color_rests(Axis& axis);
  void make_groups();
  std::vector<std::uint32_t> every_entry() const;
  std::vector<double> moved(const std::vector<std::uint32_t>& entries,
                            const std::vector<double>& by);
  std::vector<bool> apart(const std::vector<double>& y, const std::vector<double>& other) const;
  std::vector<bool> changed(const std::vector<std::uint32_t>& entries,
                            const std::vector<double>& by);

  OpaqueFunction& f_;
  std::size_t slot_;
  const Tensor& scales_;
  const std::vector<double>& tolerances_;
  bool affine_;
  std::mt19937_64 random_;
  std::vector<Axis> axes_;
  std::vector<std::vector<std::uint32_t>> members_;
  std::vector<std::uint32_t> position_;  ///< by entry: among the members of its group
};

/// By output: how far values of the same point may be apart; 0 for a layer that gives the same each
/// time.
std::vector<double> tolerances_of(OpaqueFunction& f);

}  // namespace gradcheck
