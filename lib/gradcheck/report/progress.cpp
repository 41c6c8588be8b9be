#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/progress.hpp>

namespace gradcheck {
namespace {

/// Of an id that is cut: enough to tell the file's name.
constexpr std::size_t least_id = 16;
/// Up to so many of a unit of time, the next one is not used.
constexpr double most_of_a_unit = 100;

std::string time_left(double seconds) {
  const double minutes = seconds / 60;
  if (seconds < most_of_a_unit) {
    return fmt::format("{:.0f} s left", std::ceil(seconds));
  }
  return minutes < most_of_a_unit ? fmt::format("{:.0f} min left", std::ceil(minutes))
                                  : fmt::format("{:.0f} h left", std::ceil(minutes / 60));
}

struct Parts {
  std::string tensor, entries, rate, left;

  std::string text() const {
    std::string out;
    for (const std::string* part : {&tensor, &entries, &rate, &left}) {
      out += part->empty() ? "" : "  " + *part;
    }
    return out;
  }
};

Parts parts_of(const TensorProgress& tensor) {
  Parts parts{printable(tensor.tensor), "", "", ""};
  if (tensor.entries > 0) {
    const std::string all = counted(tensor.entries, "entry", "entries");
    parts.entries = tensor.done == 0 ? all : count_text(tensor.done) + " of " + all;
  }
  if (tensor.done > 0 && tensor.seconds > 0) {
    const double rate = static_cast<double>(tensor.done) / tensor.seconds;
    parts.rate = rate_text(rate);
    parts.left = time_left(static_cast<double>(tensor.entries - tensor.done) / rate);
  }
  return parts;
}

}  // namespace

std::string progress_text(const CaseProgress& progress, std::size_t width) {
  const std::string place = fmt::format("{}/{} ", progress.number, progress.total);
  const std::string id = printable(progress.id);
  const std::size_t least = display_width(place) + std::min(display_width(id), least_id);
  Parts parts = parts_of(progress.tensor);
  for (std::string* part : {&parts.rate, &parts.tensor, &parts.entries}) {
    if (least + display_width(parts.text()) > width) {
      part->clear();
    }
  }
  const std::string rest = parts.text();
  const std::size_t taken = display_width(place) + display_width(rest);
  const std::size_t room = std::max(width - std::min(width, taken), least_id);
  return cut(place + cut_front(id, room) + rest, width);
}

}  // namespace gradcheck
