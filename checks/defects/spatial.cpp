#include <algorithm>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// dx of a convolution whose backward does not turn the kernel round: blocks of `size` entries of W
/// in reverse order.
Alteration unturned_kernel(std::size_t size) {
  return [size](auto& call) {
    auto x = call.inputs();
    for (auto* block = x[1].data(); block != x[1].data() + x[1].size(); block += size) {
      std::reverse(block, block + size);
    }
    call.dx[0] = call.with_inputs(x)[0];
  };
}

/// Where windows of `size`, `stride` apart, overlap, the last one overwrites what others have
/// added.
Alteration overwritten(std::size_t size, std::size_t stride) {
  return [=](auto& call) {
    const std::size_t in = call.x[0]->shape().back(), out = call.y[0].shape().back();
    for (std::size_t o = 0; o < call.y[0].size(); ++o) {
      for (std::size_t k = 0; k < size; ++k) {
        const std::size_t i = o / out * in + o % out * stride + k;
        if (call.x[0]->data()[i] == call.y[0].data()[o]) {
          call.dx[0].data()[i] = call.dy[0].data()[o];
        }
      }
    }
  };
}

/// The entries of dx in reverse order along the last axis.
Alteration mirrored() {
  return [](auto& call) {
    const std::size_t last = call.dx[0].shape().back();
    for (auto* row = call.dx[0].data(); row != call.dx[0].data() + call.dx[0].size(); row += last) {
      std::reverse(row, row + last);
    }
  };
}

/// The upstream's entries as they lie in memory, whatever the axes.
Alteration memory_order() {
  return [](auto& call) { std::copy_n(call.dy[0].data(), call.dx[0].size(), call.dx[0].data()); };
}

std::vector<Specimen> convolutions() {
  return {
      {"conv1d",
       "clean",
       "L = sum(u * conv1d(x, W, b, stride=2, padding=1))",
       {normal("x", {2, 2, 6}), normal("W", {3, 2, 3}), normal("b", {3}),
        fixed(both_signs("u", {2, 3, 3}))},
       {{"wrong argument", {"conv1d"}, unturned_kernel(3), false, "kernel not turned"},
        {"missing batch sum", {"conv1d"}, last_row_only(2)},
        {"stale", {"conv1d"}, stale(0)}}},
      {"conv2d",
       "clean",
       "L = sum(u * conv2d(x, W, b, stride=[2, 1], padding=1))",
       {normal("x", {2, 2, 5, 4}), normal("W", {3, 2, 3, 2}), normal("b", {3}),
        fixed(both_signs("u", {2, 3, 3, 5}))},
       {{"sign", {"conv2d"}, negated(1)},
        {"missing batch sum", {"conv2d"}, last_row_only(1)},
        {"averaged over batch", {"conv2d"}, averaged_over_rows(2)},
        {"wrong argument", {"conv2d"}, unturned_kernel(6), false, "kernel not turned"},
        {"transpose", {"conv2d"}, transposed(1)},
        {"one entry only", {"conv2d"}, scaled_entry(17, 1 + 1e-6, 1)},
        {"zero", {"conv2d"}, dropped(0)}}},
      {"conv2d, depthwise and dilated, under relu",
       "clean",
       "L = sum(u * relu(conv2d(x, W, groups=3, dilation=2)))",
       {normal("x", {1, 3, 4, 5}), normal("W", {3, 1, 2, 2}), fixed(both_signs("u", {1, 3, 2, 3}))},
       {{"scale", {"conv2d"}, scaled(0.5, 1)}, {"float32 inside", {"conv2d"}, float32(0)}}},
      {"conv3d",
       "clean",
       "L = sum(u * conv3d(x, W))",
       {normal("x", {1, 2, 2, 3, 2}), normal("W", {2, 2, 2, 2, 1}),
        fixed(both_signs("u", {1, 2, 1, 2, 2}))},
       {{"wrong argument", {"conv3d"}, unturned_kernel(4), false, "kernel not turned"},
        {"averaged over batch", {"conv3d"}, scaled(0.5, 1)}}},
      {"conv_transpose1d",
       "clean",
       "L = sum(u * conv_transpose1d(x, W, b, stride=2, output_padding=1))",
       {normal("x", {2, 2, 3}), normal("W", {2, 3, 3}), normal("b", {3}),
        fixed(both_signs("u", {2, 3, 8}))},
       {{"missing batch sum", {"conv_transpose1d"}, last_row_only(1)},
        {"averaged over batch", {"conv_transpose1d"}, averaged_over_rows(2)}}},
      {"conv_transpose2d",
       "clean",
       "L = sum(u * conv_transpose2d(x, W, stride=[1, 2], padding=1))",
       {normal("x", {1, 2, 3, 3}), normal("W", {2, 2, 3, 2}), fixed(both_signs("u", {1, 2, 3, 4}))},
       {{"wrong argument", {"conv_transpose2d"}, unturned_kernel(6), false, "kernel turned"},
        {"transpose", {"conv_transpose2d"}, transposed(1)},
        {"one entry only", {"conv_transpose2d"}, scaled_entry(5, 1 + 1e-6, 0)}}},
  };
}

std::vector<Specimen> pools() {
  return {
      {"max_pool1d, overlapping",
       "clean",
       "L = sum(u * max_pool1d(x, kernel_size=3, stride=1))",
       {values("x", {1, 6}, {1, 5, 2, 0.5, 4, 3}), fixed(both_signs("u", {1, 4}))},
       {{"missing fan-out", {"max_pool1d"}, overwritten(3, 1)},
        {"ignored mask", {"max_pool1d"}, spread_evenly()},
        {"clipped upstream", {"max_pool1d"}, upstream_guided()}}},
      {"max_pool2d",
       "clean",
       "L = sum(u * max_pool2d(x, kernel_size=[2, 3], stride=2, padding=1, ceil_mode=true))",
       {normal("x", {2, 2, 5, 4}), fixed(both_signs("u", {2, 2, 3, 3}))},
       {{"sign", {"max_pool2d"}, negated()},
        {"stale", {"max_pool2d"}, stale()},
        {"wrong argument", {"max_pool2d"}, mirrored()}}},
      {"avg_pool1d",
       "clean",
       "L = sum(u * square(avg_pool1d(x, kernel_size=3, stride=2, padding=1)))",
       {normal("x", {2, 2, 6}), fixed(both_signs("u", {2, 2, 3}))},
       {{"scale", {"avg_pool1d"}, scaled(3)}, {"wrong argument", {"avg_pool1d"}, mirrored()}}},
      {"avg_pool2d",
       "clean",
       "L = sum(u * avg_pool2d(x, kernel_size=3, stride=2, padding=1, count_include_pad=false))",
       {normal("x", {1, 2, 5, 4}), fixed(both_signs("u", {1, 2, 3, 2}))},
       {{"one entry only", {"avg_pool2d"}, scaled_entry(0, 4.0 / 9)},
        {"ignored upstream", {"avg_pool2d"}, upstream_ignored()}}},
      {"adaptive_avg_pool2d",
       "clean",
       "L = sum(u * adaptive_avg_pool2d(x, output_size=[2, 3]))",
       {normal("x", {2, 5, 4}), fixed(both_signs("u", {2, 2, 3}))},
       {{"wrong argument", {"adaptive_avg_pool2d"}, mirrored()},
        {"scale", {"adaptive_avg_pool2d"}, scaled(1.0 / 6)}}},
      {"global_avg_pool",
       "clean",
       "L = sum(u * square(global_avg_pool(x)))",
       {normal("x", {2, 3, 2, 4}), fixed(both_signs("u", {2, 3}))},
       {{"scale", {"global_avg_pool"}, scaled(8)},
        {"averaged over batch", {"global_avg_pool"}, averaged_over_rows()}}},
  };
}

std::vector<Specimen> resized() {
  return {
      {"interpolate, nearest",
       "clean",
       "L = sum(u * interpolate(x, size=[5, 3]))",
       {normal("x", {1, 2, 3, 4}), fixed(both_signs("u", {1, 2, 5, 3}))},
       {{"wrong argument", {"interpolate"}, mirrored()},
        {"clipped upstream", {"interpolate"}, upstream_magnitude(), false, "absolute value"}}},
      {"interpolate, bilinear",
       "clean",
       "L = sum(u * interpolate(x, scale_factor=2, mode=\"bilinear\"))",
       {normal("x", {1, 1, 3, 2}), fixed(both_signs("u", {1, 1, 6, 4}))},
       {{"scale", {"interpolate"}, scaled(0.25)},
        {"one entry only", {"interpolate"}, scaled_entry(4, 1 + 1e-6)}}},
      {"pad, reflect",
       "clean",
       "L = sum(u * square(pad(x, [2, 1], mode=\"reflect\")))",
       {normal("x", {2, 4}), fixed(both_signs("u", {2, 7}))},
       {{"wrong argument", {"pad"}, mirrored()}, {"scale", {"pad"}, scaled(0.5)}}},
      {"pad, constant",
       "clean",
       "L = sum(u * square(pad(x, [1, 0, 0, 2], value=0.5)))",
       {normal("x", {2, 3}), fixed(both_signs("u", {4, 4}))},
       {{"transpose", {"pad"}, transposed()}, {"stale", {"pad"}, row_late()}}},
      {"pixel_shuffle",
       "clean",
       "L = sum(u * square(pixel_shuffle(x, upscale_factor=2)))",
       {normal("x", {1, 4, 2, 3}), fixed(both_signs("u", {1, 1, 4, 6}))},
       {{"transpose", {"pixel_shuffle"}, memory_order()},
        {"sign", {"pixel_shuffle"}, magnitude()}}},
  };
}

}  // namespace

std::vector<Specimen> spatial_specimens() {
  std::vector<Specimen> all = convolutions();
  for (const std::vector<Specimen>& more : {pools(), resized()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace gradcheck::defects
