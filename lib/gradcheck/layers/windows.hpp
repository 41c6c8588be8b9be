#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// How windows slide over the last axes of a tensor: one number an axis.
struct WindowSteps {
  std::vector<std::size_t> stride;
  std::vector<std::size_t> padding;   ///< places added before the first, and as many after the last
  std::vector<std::size_t> dilation;  ///< distance of neighbours in a window
};

/// One number an axis from a setting: the only one for all of them, or one for each.
/// Throws ValueError "where: stride has [1, 2, 3], expected one integer, or 2 of them, each ≥ 1".
std::vector<std::size_t> numbers_by_axis(std::string_view where, std::string_view what,
                                         const std::vector<long long>& numbers, std::size_t axes,
                                         long long least);

/// How far a kernel reaches over an axis: dilation (kernel − 1) + 1.
std::size_t reach_of(std::size_t kernel, std::size_t dilation);

/// A tensor of images, or of whatever has channels over `axes` axes: (N, C, ...), or (C, ...) for a
/// single sample.
struct Planes {
  std::size_t samples = 1;
  std::size_t channels = 0;
  Shape extents;  ///< of a plane

  /// Throws ShapeError unless the shape has axes + 2 or axes + 1 axes; `layout` names them.
  Planes(std::string_view where, std::string_view what, const Shape& shape, std::size_t axes);
  std::size_t places() const { return entries_of(extents); }
};

/// "(N, C, H, W) or (C, H, W)": how messages name the axes of such a tensor.
std::string layout_text(std::size_t axes);

/// For each place of a window and each of its steps, the place of the plane that it sees.
class Windows {
 public:
  /// Seen outside of the plane, in the padding.
  static constexpr std::int32_t outside = -1;

  Windows(const Shape& plane, const Shape& kernel, const WindowSteps& steps, const Shape& out);

  std::size_t count() const { return count_; }  ///< of windows
  std::size_t size() const { return size_; }    ///< of a window
  std::int32_t place(std::size_t window, std::size_t k) const {
    return places_[window * size_ + k];
  }

 private:
  std::size_t count_ = 1;
  std::size_t size_ = 1;
  std::vector<std::int32_t> places_{0};
};

/// Some neighbouring channels of a tensor of planes.
struct Channels {
  std::size_t samples;
  std::size_t all;    ///< channels of the tensor
  std::size_t first;  ///< of these
  std::size_t count;
  std::size_t places;  ///< of a plane

  std::size_t start(std::size_t n, std::size_t c) const { return (n * all + first + c) * places; }
};

/// The patches that the windows cut out of x, as rows: P[n · windows + w, c · size + k] is what
/// window w of sample n sees of channel c at its place k, 0 outside.
template <class Real>
TensorOf<Real> patches(const TensorOf<Real>& x, const Windows& windows, const Channels& channels) {
  const std::size_t width = channels.count * windows.size();
  TensorOf<Real> rows = zeros<Real>({channels.samples * windows.count(), width});
  Real* next = rows.data();
  for (std::size_t n = 0; n < channels.samples; ++n) {
    for (std::size_t w = 0; w < windows.count(); ++w) {
      for (std::size_t c = 0; c < channels.count; ++c) {
        const Real* plane = x.data() + channels.start(n, c);
        for (std::size_t k = 0; k < windows.size(); ++k, ++next) {
          const std::int32_t place = windows.place(w, k);
          *next = place == Windows::outside ? Real(0) : plane[place];
        }
      }
    }
  }
  return rows;
}

/// The adjoint of `patches`: adds every entry of the rows to the place of x that it stands for.
template <class Real>
void add_patches(const TensorOf<Real>& rows, const Windows& windows, const Channels& channels,
                 TensorOf<Real>& x) {
  const Real* next = rows.data();
  for (std::size_t n = 0; n < channels.samples; ++n) {
    for (std::size_t w = 0; w < windows.count(); ++w) {
      for (std::size_t c = 0; c < channels.count; ++c) {
        Real* plane = x.data() + channels.start(n, c);
        for (std::size_t k = 0; k < windows.size(); ++k, ++next) {
          const std::int32_t place = windows.place(w, k);
          if (place != Windows::outside) {
            plane[place] += *next;
          }
        }
      }
    }
  }
}

/// These channels of x as rows: one for each sample and place, with an entry a channel.
template <class Real>
TensorOf<Real> as_rows(const TensorOf<Real>& x, const Channels& channels) {
  TensorOf<Real> rows = empty<Real>({channels.samples * channels.places, channels.count});
  for (std::size_t n = 0; n < channels.samples; ++n) {
    for (std::size_t c = 0; c < channels.count; ++c) {
      const Real* plane = x.data() + channels.start(n, c);
      for (std::size_t i = 0; i < channels.places; ++i) {
        rows.data()[(n * channels.places + i) * channels.count + c] = plane[i];
      }
    }
  }
  return rows;
}

/// Puts such rows back where they stand in x.
template <class Real>
void from_rows(const TensorOf<Real>& rows, const Channels& channels, TensorOf<Real>& x) {
  for (std::size_t n = 0; n < channels.samples; ++n) {
    for (std::size_t c = 0; c < channels.count; ++c) {
      Real* plane = x.data() + channels.start(n, c);
      for (std::size_t i = 0; i < channels.places; ++i) {
        plane[i] = rows.data()[(n * channels.places + i) * channels.count + c];
      }
    }
  }
}

}  // namespace gradcheck
