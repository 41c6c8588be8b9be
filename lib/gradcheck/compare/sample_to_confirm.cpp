#include <algorithm>
#include <utility>

#include <gradcheck/compare/sample_to_confirm.hpp>

namespace gradcheck {

namespace {

/// So many of the worst, and so many random ones.
constexpr std::size_t of_each_kind = 16;

}  // namespace

bool SampleToConfirm::worse(const Accused& a, const Accused& b) {
  return a.severity != b.severity ? a.severity > b.severity : a.place < b.place;
}

/// Each of those that are not among the worst stays with the same probability.
std::optional<std::size_t> SampleToConfirm::add(std::size_t place, long double severity) {
  ++added_;
  worst_.push_back({severity, place});
  std::ranges::push_heap(worst_, worse);
  if (worst_.size() <= of_each_kind) {
    return std::nullopt;
  }
  std::ranges::pop_heap(worst_, worse);
  std::size_t least = worst_.back().place;
  worst_.pop_back();
  if (others_.size() < of_each_kind) {
    others_.push_back(least);
    return std::nullopt;
  }
  const auto at = static_cast<std::size_t>(random_() % (added_ - worst_.size()));
  if (at < others_.size()) {
    std::swap(others_[at], least);
  }
  return least;
}

std::vector<std::size_t> SampleToConfirm::places() const {
  std::vector<std::size_t> places = others_;
  for (const Accused& each : worst_) {
    places.push_back(each.place);
  }
  std::ranges::sort(places);
  return places;
}

}  // namespace gradcheck
