#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gradcheck/numeric/point/point.hpp>
#include <gradcheck/numeric/sweep/sliced_use.hpp>
#include <gradcheck/numeric/sweep/slope_chain.hpp>
#include <gradcheck/numeric/sweep/tensor_sweep.hpp>

namespace gradcheck {

/// Differentiates every entry of a tensor by moving it alone, many of them side by side: only what
/// is downstream is evaluated, only in the rows and features that an entry moves, and as a few
/// large operations (RowNetwork). Nothing is shared between entries, so that it costs a few dozen
/// times less than evaluating the whole network for each, where SharedSweep costs thousands of
/// times less.
///
/// Where a value is used several times, its uses are differentiated one after another and add up.
class SlicedSweep final : public TensorSweep {
 public:
  /// Graph and point must outlive it. Blocks of entries are spread over `jobs` threads.
  SlicedSweep(const Graph& graph, const Point& point, std::uint64_t seed, std::size_t jobs);

  std::optional<Swept> run(ValueId from, ValueId target, std::size_t output) override;
  bool refine(ValueId from, const std::vector<std::size_t>& entries, Swept& swept) override;
  const std::string& broken_promise() const override { return broken_promise_; }
  std::uint64_t probes() const override { return probes_; }

 private:
  template <class Real>
  using Uses = std::vector<SlicedUse<Real>>;

  bool prepare(ValueId from, ValueId target);
  bool find_uses(SlopeChain<double>& chain);
  bool add_use(const std::vector<EntryLanes>& candidates, SlopeChain<double>& chain);
  bool find_weights(SlicedUse<double>& use, SlopeChain<double>& chain);
  bool as_declared(const SlicedUse<double>& use);
  Uses<long double> in_long_double();
  double best_fraction(const std::vector<std::size_t>& entries, const Stencil& stencil);
  std::vector<Estimate> differentiate_well(const std::vector<std::size_t>& entries,
                                           const Stencil& stencil);
  template <class Real>
  std::vector<Estimate> differentiate(const Uses<Real>& uses,
                                      const std::vector<std::size_t>& entries,
                                      const Stencil& stencil, double fraction);
  template <class Real>
  void differentiate_block(std::span<const std::size_t> entries, const Stencil& stencil,
                           double fraction, Uses<Real>& uses, std::span<Estimate> found) const;
  template <class Real>
  bool add_probed(std::span<const std::size_t> entries, const Stencil& stencil, double fraction,
                  SlicedUse<Real>& use, std::span<Estimate> found) const;

  const Graph& graph_;
  const Point& point_;
  std::mt19937_64 random_;
  std::uint64_t seed_;
  std::size_t jobs_;
  ValueId from_ = 0;
  ValueId target_ = 0;
  std::vector<double> scales_;  ///< by entry
  Uses<double> uses_;
  Values<long double> precise_values_;  ///< the same numbers
  int refinements_ = 0;
  std::string broken_promise_;
  std::uint64_t probes_ = 0;
};

}  // namespace gradcheck
