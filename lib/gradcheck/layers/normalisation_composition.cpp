#include <gradcheck/layers/batch_norm.hpp>
#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/normalisation.hpp>

/// What normalisations are made of: means, squares and products.
namespace gradcheck {

namespace {

using Id = Composer::Id;

/// x̂ over those axes, its mean and its variance, all with the axes kept.
struct StandardParts {
  Id xhat, mean, variance;
};

StandardParts standardised(Composer& c, Id x, const std::vector<double>& axes, double epsilon,
                           bool centre) {
  const Settings over{{"axis", axes}, {"keepdims", true}};
  const Id mean = centre ? c.call("mean", {x}, over) : Composer::none;
  const Id d = centre ? c.call("subtract", {x, mean}) : x;
  const Id variance = c.call("mean", {c.call("square", {d})}, over);
  const Id inverse =
      c.call("power", {c.call("add", {variance, c.constant(epsilon)})}, {{"exponent", -0.5}});
  return {c.call("multiply", {d, inverse}), mean, variance};
}

/// The axes of a tensor of that rank that `folded` says.
template <class Folded>
std::vector<double> axes_where(std::size_t rank, Folded folded) {
  std::vector<double> axes;
  for (std::size_t k = 0; k < rank; ++k) {
    if (folded(k)) {
      axes.push_back(static_cast<double>(k));
    }
  }
  return axes;
}

/// One number a channel, as it broadcasts onto (N, C, ...).
Shape over_channels(const Shape& x) {
  Shape laid(x.size() - 1, 1);
  laid[0] = x[1];
  return laid;
}

/// y weight + bias, with those that are there, the last inputs, laid out like that.
Id scaled_parts(Composer& c, Id y, const ScaledBy& by, std::size_t inputs, const Shape& laid) {
  Id next = inputs - (by.weight ? 1 : 0) - (by.bias ? 1 : 0);
  if (by.weight) {
    y = c.call("multiply", {y, c.reshaped(next++, laid)});
  }
  return by.bias ? c.call("add", {y, c.reshaped(next, laid)}) : y;
}

/// (1 − m) r + m batch.
Id mixed(Composer& c, Id running, Id batch, double momentum) {
  const Id kept = c.call("multiply", {running, c.constant(1 - momentum)});
  return c.call("add", {kept, c.call("multiply", {batch, c.constant(momentum)})});
}

}  // namespace

std::optional<Composition> GroupedNorm::composition(std::span<const Shape> in) const {
  const NormGroups by = groups(in);
  if (entries_of(in[0]) == 0) {
    return std::nullopt;
  }
  Composer c(in);
  const std::vector<double> axes =
      axes_where(by.view.size(), [&](std::size_t k) { return by.kept[k] != by.view[k]; });
  const Id xhat = standardised(c, c.reshaped(0, by.view), axes, epsilon, centre).xhat;
  return c.done({scaled_parts(c, c.reshaped(xhat, in[0]), scaled, in.size(), by.laid)});
}

std::optional<Composition> LocalResponseNorm::composition(std::span<const Shape> in) const {
  const std::size_t most = std::min(size, in[0][1]);
  std::vector<std::int32_t> from(entries_of(in[0]) * most, -1);
  std::vector<std::size_t> filled(entries_of(in[0]), 0);
  for_neighbours(in[0], [&](std::size_t i, std::size_t j) {
    from[i * most + filled[i]++] = static_cast<std::int32_t>(j);
  });
  Composer c(in);
  Shape seen = in[0];
  seen.push_back(most);
  const Id squares = c.gathered(c.call("square", {0}), std::move(from), seen);
  const Id sum = c.call("sum", {squares}, {{"axis", std::vector<double>{-1}}});
  const Id share = c.call("multiply", {sum, c.constant(alpha / static_cast<double>(size))});
  const Id s = c.call("add", {share, c.constant(k)});
  return c.done({c.call("multiply", {0, c.call("power", {s}, {{"exponent", -beta}})})});
}

std::optional<Composition> BatchNorm::composition(std::span<const Shape> in) const {
  const Shape& x = in[0];
  const Shape channel{x[1]}, laid = over_channels(x);
  Composer c(in);
  if (!training) {
    const Id d = c.call("subtract", {0, c.reshaped(1, laid)});
    const Id shifted = c.call("add", {2, c.constant(epsilon)});
    const Id inverse = c.call("power", {shifted}, {{"exponent", -0.5}});
    const Id xhat = c.call("multiply", {d, c.reshaped(inverse, laid)});
    return c.done({scaled_parts(c, c.reshaped(xhat, x), scaled, in.size(), laid),
                   c.reshaped(1, channel), c.reshaped(2, channel)});
  }
  const std::size_t samples = by_sample ? x[0] : 1;
  const std::vector<double> axes =
      axes_where(x.size(), [this](std::size_t k) { return k > 1 || (k == 0 && !by_sample); });
  const StandardParts parts = standardised(c, 0, axes, epsilon, true);
  const double n = static_cast<double>(entries_of(x) / x[1] / samples);
  const auto over_samples = [&](Id statistic) {
    return by_sample ? c.call("mean", {c.reshaped(statistic, {samples, x[1]})},
                              {{"axis", std::vector<double>{0}}})
                     : c.reshaped(statistic, channel);
  };
  const Id mean = over_samples(parts.mean);
  const Id variance = c.call("multiply", {over_samples(parts.variance), c.constant(n / (n - 1))});
  const Id of_variance = running_mean ? 2 : 1;
  return c.done({scaled_parts(c, c.reshaped(parts.xhat, x), scaled, in.size(), laid),
                 running_mean ? mixed(c, 1, mean, momentum) : mean,
                 running_var ? mixed(c, of_variance, variance, momentum) : variance});
}

}  // namespace gradcheck
