#pragma once

#include <optional>
#include <vector>

#include <gradcheck/numeric/derivative/response.hpp>
#include <gradcheck/numeric/sweep/opaque_function.hpp>

namespace gradcheck {

/// A group of entries of one input that move together, each by the same part of its own scale. Each
/// output answers for the one entry of the group that it depends on; those that depend on none are
/// only watched.
class GroupResponse final : public Response {
 public:
  /// `owners`: by output of the layer, which of the members it depends on. `tolerances`: by output,
  /// what counts as no change.
  GroupResponse(OpaqueFunction& f, std::size_t slot, std::span<const std::uint32_t> members,
                const Tensor& scales, const std::vector<std::optional<std::uint32_t>>& owners,
                const std::vector<double>& tolerances);

  std::size_t outputs() const override { return owned_.size(); }
  std::span<const double> base() const override { return base_; }
  std::vector<Probe> evaluate(std::span<const double> displacements) override;
  double rounding_unit(std::size_t k) const override;
  double quantum() const override { return quantum_; }
  double characteristic_scale() const override { return scale_; }
  double unit_roundoff() const override { return f_.unit_roundoff(); }

  /// Outputs round at least as numbers of that size do.
  void set_least_size(double size) { least_size_ = size; }

  /// Which output of the layer, and which entry, stand behind output k.
  std::size_t output(std::size_t k) const { return owned_[k].output; }
  std::size_t entry(std::size_t k) const override { return members_[owned_[k].member].entry; }
  /// What an entry moves when the group is moved by 1.
  double weight(std::size_t k) const { return members_[owned_[k].member].weight; }

  /// The largest displacement asked for so far.
  double farthest() const { return farthest_; }

  /// Whether an output has changed that depends on none of the members.
  bool stray() const { return stray_; }

 private:
  struct Member {
    std::size_t entry;
    double weight;  ///< a power of 2: its scale beside the largest
  };
  struct Owned {
    std::size_t output;
    std::size_t member;
  };

  Probe probe(double displacement);

  OpaqueFunction& f_;
  std::size_t slot_;
  const std::vector<double>& tolerances_;
  std::vector<Member> members_;
  std::vector<Owned> owned_;
  std::vector<std::size_t> watched_;
  std::vector<double> base_;
  std::vector<Move> moves_;
  double scale_ = 0;
  double quantum_ = 0;
  double farthest_ = 0;
  double least_size_ = 0;
  bool stray_ = false;
};

}  // namespace gradcheck
