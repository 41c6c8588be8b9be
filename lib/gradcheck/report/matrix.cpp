#include <algorithm>
#include <span>

#include <fmt/format.h>

#include <gradcheck/report/matrix.hpp>
#include <gradcheck/report/numbers.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t gap = 2;

/// The widest part of a column's numbers before the decimal point, and from there on.
struct Extent {
  std::size_t left = 0;
  std::size_t right = 0;
};

std::size_t point_of(const std::string& text) {
  return std::min(text.find_first_of(".e"), text.size());
}

std::string at_point(const std::string& text, const Extent& extent) {
  const std::size_t left = point_of(text);
  return std::string(extent.left - left, ' ') + text +
         std::string(extent.right - (text.size() - left), ' ');
}

/// The numbers of a matrix as text, and the room that its columns need.
class Grid {
 public:
  Grid(std::span<const double> entries, std::size_t columns) : columns_(columns) {
    extents_.resize(columns);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      texts_.push_back(number_text(entries[i]));
      const std::string& text = texts_.back();
      const std::size_t left = point_of(text);
      Extent& extent = extents_[i % columns];
      extent.left = std::max(extent.left, left);
      extent.right = std::max(extent.right, text.size() - left);
    }
  }

  std::size_t columns() const { return columns_; }

  /// The column after the last that fits into `width`, from `first` on; at least one does.
  std::size_t last_fitting(std::size_t first, std::size_t width) const {
    std::size_t used = 0;
    std::size_t last = first;
    for (; last < columns_; ++last) {
      used += gap + extents_[last].left + extents_[last].right;
      if (used > width && last > first) {
        break;
      }
    }
    return last;
  }

  std::string rows(std::size_t first, std::size_t last, std::size_t indent) const {
    std::string out;
    for (std::size_t begin = 0; begin < texts_.size(); begin += columns_) {
      std::string line(indent, ' ');
      for (std::size_t j = first; j < last; ++j) {
        line += std::string(gap, ' ') + at_point(texts_[begin + j], extents_[j]);
      }
      out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
  }

 private:
  std::size_t columns_;
  std::vector<std::string> texts_;
  std::vector<Extent> extents_;
};

std::string one_matrix(std::span<const double> entries, std::size_t columns, std::size_t indent,
                       std::size_t width) {
  const Grid grid(entries, columns);
  const std::size_t room = width - std::min(width, indent);
  std::string out;
  for (std::size_t first = 0; first < columns;) {
    const std::size_t last = grid.last_fitting(first, room);
    if (first > 0 || last < columns) {
      out += fmt::format("{:{}}  columns {} to {}\n", "", indent, first, last - 1);
    }
    out += grid.rows(first, last, indent);
    first = last;
  }
  return out;
}

}  // namespace

std::string matrix_text(const Tensor& tensor, std::size_t indent, std::size_t width) {
  const Shape shape = shape_of(tensor);
  if (tensor.size() == 0) {
    return fmt::format("{:{}}  no entries\n", "", indent);
  }
  const std::size_t columns = shape.empty() ? 1 : shape.back();
  if (shape.size() <= 2) {
    return one_matrix(entries(tensor), columns, indent, width);
  }
  const Shape outer(shape.begin(), shape.end() - 2);
  const std::size_t size = columns * shape[shape.size() - 2];
  std::string out;
  for (std::size_t i = 0; i * size < tensor.size(); ++i) {
    std::string label = "[";
    for (const std::size_t index : unravel(outer, i)) {
      label += fmt::format("{}, ", index);
    }
    out += fmt::format("{:{}}  {}:, :]\n", "", indent, label);
    out += one_matrix(entries(tensor).subspan(i * size, size), columns, indent, width);
  }
  return out;
}

}  // namespace gradcheck
