#include <algorithm>

#include <gradcheck/layers/composer.hpp>
#include <gradcheck/layers/convolution.hpp>
#include <gradcheck/layers/resampling.hpp>

/// What convolutions and resampling are made of: gathering, products and sums.
namespace gradcheck {

namespace {

using Id = Composer::Id;

/// Where each entry of `patches` comes from.
std::vector<std::int32_t> patch_positions(const Windows& windows, const Channels& channels) {
  std::vector<std::int32_t> from;
  from.reserve(channels.samples * windows.count() * channels.count * windows.size());
  for (std::size_t n = 0; n < channels.samples; ++n) {
    for (std::size_t w = 0; w < windows.count(); ++w) {
      for (std::size_t c = 0; c < channels.count; ++c) {
        const auto start = static_cast<std::int32_t>(channels.start(n, c));
        for (std::size_t k = 0; k < windows.size(); ++k) {
          const std::int32_t place = windows.place(w, k);
          from.push_back(place == Windows::outside ? -1 : start + place);
        }
      }
    }
  }
  return from;
}

/// Rows by sample and place, with an entry a channel, as a tensor of that shape, and back.
Id planes_of_rows(Composer& c, Id rows, std::size_t samples, const Shape& shape) {
  const std::size_t channels = c.shape(rows)[1];
  const Id cut = c.reshaped(rows, {samples, c.shape(rows)[0] / samples, channels});
  return c.reshaped(c.permuted(cut, {0, 2, 1}), shape);
}
Id rows_of_planes(Composer& c, Id x, const Planes& planes) {
  const Id flat = c.reshaped(x, {planes.samples, planes.channels, planes.places()});
  return c.reshaped(c.permuted(flat, {0, 2, 1}),
                    {planes.samples * planes.places(), planes.channels});
}

/// Part `group` of W's rows, as a matrix of that many columns.
Id filter_rows(Composer& c, std::size_t group, std::size_t groups, std::size_t columns) {
  const std::size_t rows = c.shape(1)[0] / groups;
  const Id part = groups == 1 ? Id{1} : c.part(1, 0, group * rows, rows);
  return c.reshaped(part, {entries_of(c.shape(part)) / columns, columns});
}

/// b added to each channel.
Id with_bias(Composer& c, Id y, Id b, std::size_t axes) {
  Shape column(axes + 1, 1);
  column[0] = c.shape(b)[0];
  return c.call("add", {y, c.reshaped(b, column)});
}

/// For each place of y the entries of P, (N · windows, C · size), that are added up there; as many
/// for each, with −1 for none.
std::vector<std::int32_t> summands(const Windows& windows, const Channels& channels,
                                   std::size_t& most) {
  std::vector<std::vector<std::int32_t>> of(channels.samples * channels.count * channels.places);
  std::int32_t entry = 0;
  for (std::size_t n = 0; n < channels.samples; ++n) {
    for (std::size_t w = 0; w < windows.count(); ++w) {
      for (std::size_t c = 0; c < channels.count; ++c) {
        for (std::size_t k = 0; k < windows.size(); ++k, ++entry) {
          if (const std::int32_t place = windows.place(w, k); place != Windows::outside) {
            of[(n * channels.count + c) * channels.places + static_cast<std::size_t>(place)]
                .push_back(entry);
          }
        }
      }
    }
  }
  most = 1;
  for (const auto& each : of) {
    most = std::max(most, each.size());
  }
  std::vector<std::int32_t> all;
  for (const auto& each : of) {
    all.insert(all.end(), each.begin(), each.end());
    all.insert(all.end(), most - each.size(), -1);
  }
  return all;
}

}  // namespace

std::optional<Composition> Convolution::composition(std::span<const Shape> in) const {
  const ConvolutionPlan p = plan(in[0], in[1]);
  Composer c(in);
  std::vector<Id> rows;
  for (std::size_t g = 0; g < p.groups; ++g) {
    const Shape shape{p.image.samples * p.windows.count(), p.patch()};
    const Id patches = c.gathered(0, patch_positions(p.windows, p.image_channels(g)), shape);
    rows.push_back(c.through(patches, filter_rows(c, g, p.groups, p.patch()),
                             in.size() == 3 && p.groups == 1 ? Id{2} : Composer::none));
  }
  const Id all = rows.size() == 1 ? rows[0] : c.call("concat", rows, {{"axis", 1.0}});
  Id y = planes_of_rows(c, all, p.image.samples, output_shape(in[0], p));
  if (in.size() == 3 && p.groups > 1) {
    y = with_bias(c, y, 2, settings.axes);
  }
  return c.done({y});
}

std::optional<Composition> TransposedConvolution::composition(std::span<const Shape> in) const {
  const ConvolutionPlan p = plan(in[0], in[1]);
  Composer c(in);
  const Id X = rows_of_planes(c, 0, p.response);
  std::vector<Id> groups;
  for (std::size_t g = 0; g < p.groups; ++g) {
    const Channels read = p.response_channels(g), written = p.image_channels(g);
    const Id of_group = p.groups == 1 ? X : c.part(X, 1, read.first, read.count);
    const Id P = c.call("matmul", {of_group, filter_rows(c, g, p.groups, p.patch())});
    std::size_t most = 0;
    std::vector<std::int32_t> from = summands(p.windows, written, most);
    const Shape shape{written.samples, written.count, written.places, most};
    const Id gathered = c.gathered(P, std::move(from), shape);
    groups.push_back(c.call("sum", {gathered}, {{"axis", std::vector<double>{3}}}));
  }
  const Id all = groups.size() == 1 ? groups[0] : c.call("concat", groups, {{"axis", 1.0}});
  Id y = c.reshaped(all, output_shape(in[0], p));
  if (in.size() == 3) {
    y = with_bias(c, y, 2, settings.axes);
  }
  return c.done({y});
}

std::optional<Composition> Resampling::composition(std::span<const Shape> in) const {
  const PlaneMap map(maps(in[0]));
  const PlaneMap::Table table = map.table();
  const std::size_t planes = map.in() == 0 ? 0 : entries_of(in[0]) / map.in();
  if (planes == 0 || map.out() == 0) {
    return std::nullopt;
  }
  std::vector<std::int32_t> from;
  for (std::size_t p = 0; p < planes; ++p) {
    for (const std::int32_t place : table.place) {
      from.push_back(place < 0 ? -1 : static_cast<std::int32_t>(p * map.in()) + place);
    }
  }
  Composer c(in);
  Id y = c.gathered(0, std::move(from), {planes, map.out(), table.most}, fill);
  if (table.most > 1 || !table.plain) {
    y = c.call("multiply", {y, c.constant(tensor_of({map.out(), table.most}, table.weight))});
    y = c.call("sum", {y}, {{"axis", std::vector<double>{2}}});
  }
  return c.done({c.reshaped(y, shape(in[0]))});
}

}  // namespace gradcheck
