#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <gradcheck/tensor/budget.hpp>

namespace gradcheck {
namespace {

using Clock = std::chrono::steady_clock;

/// So much more is granted to small blocks: what cleans up after a refusal may allocate, too.
constexpr std::size_t grace = std::size_t{1} << 20;
constexpr std::size_t small_block = 4096;

thread_local Budget* current_budget = nullptr;

Clock::time_point after(double seconds) {
  const std::chrono::duration<double> whole(std::min(seconds, max_seconds));
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(whole);
}

}  // namespace

Budget::Share::Share(Budget* budget) : before_(current_budget) { current_budget = budget; }

Budget::Share::~Share() { current_budget = before_; }

Budget::Budget(const Allowance& allowance)
    : allowance_(allowance), end_(after(allowance.seconds)), share_(this) {}

Budget::~Budget() = default;

Budget* Budget::current() { return current_budget; }

void Budget::require_time() const {
  if (Clock::now() >= end_) {
    throw BudgetError(
        fmt::format("time: has more than <{0:g} s> passed, expected the check done in {0:g} s; "
                    "--timeout allows "
                    "more",
                    std::min(allowance_.seconds, max_seconds)));
  }
}

void Budget::require_bytes(double bytes) const {
  if (bytes > static_cast<double>(allowance_.bytes)) {
    throw BudgetError(
        fmt::format("memory: has a need of about <{}>, expected at most {}; --memory allows more",
                    bytes_text(bytes), memory_text()));
  }
}

bool Budget::take(std::size_t bytes) noexcept {
  const auto more = static_cast<std::ptrdiff_t>(bytes);
  const std::ptrdiff_t now = taken_.fetch_add(more, std::memory_order_relaxed) + more;
  const std::size_t over = bytes <= small_block ? grace : 0;
  if (now <= 0 || static_cast<std::size_t>(now) <= allowance_.bytes ||
      static_cast<std::size_t>(now) - allowance_.bytes <= over) {
    return true;
  }
  give_back(bytes);
  refused_ = true;
  return false;
}

void Budget::give_back(std::size_t bytes) noexcept {
  taken_.fetch_sub(static_cast<std::ptrdiff_t>(bytes), std::memory_order_relaxed);
}

std::string Budget::memory_text() const {
  return bytes_text(static_cast<double>(allowance_.bytes));
}

void spend_time() {
  if (const Budget* budget = Budget::current()) {
    budget->require_time();
  }
}

void require_memory(double bytes) {
  if (const Budget* budget = Budget::current()) {
    budget->require_bytes(bytes);
  }
}

std::string bytes_text(double bytes) {
  constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) {
    bytes /= 1024;
  }
  return fmt::format("{:.4g} {}", bytes, units[unit]);
}

}  // namespace gradcheck
