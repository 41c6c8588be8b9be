#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {

/// What a case may take.
struct Allowance {
  double seconds = max_seconds;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();  ///< of memory
};

/// A case that takes more than it may. what() says which option allows more. It is no Error: what
/// goes on after a mistake does not go on after this.
class BudgetError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the case that this thread works on may still take, for as long as the object lives. Time is
/// looked at between the evaluations of layers (`spend_time`); memory is estimated before the work
/// (`require_memory`) and, in a program that counts what it allocates, limited to the byte.
class Budget {
 public:
  explicit Budget(const Allowance& allowance);
  ~Budget();
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// Of this thread; null where none is set.
  static Budget* current();

  /// Lets another thread, which helps with the same case, draw on the same budget.
  class Share {
   public:
    explicit Share(Budget* budget);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    Budget* before_;
  };

  /// Throws BudgetError when the time is over.
  void require_time() const;
  /// Throws BudgetError if `bytes` are more than there may be.
  void require_bytes(double bytes) const;

  /// Counts what is allocated; false, and nothing is counted, if it would be too much: beyond it
  /// only small blocks are granted, a little more. Neither this nor `give_back` allocates or
  /// throws.
  bool take(std::size_t bytes) noexcept;
  void give_back(std::size_t bytes) noexcept;
  /// Whether `take` has ever refused.
  bool refused() const { return refused_; }
  std::string memory_text() const;  ///< "1 GiB"

 private:
  const Allowance allowance_;
  const std::chrono::steady_clock::time_point end_;
  std::atomic<std::ptrdiff_t> taken_ = 0;
  std::atomic<bool> refused_ = false;
  Share share_;
};

/// To be called between evaluations of layers. Throws BudgetError when this thread's case has taken
/// all of its time.
void spend_time();

/// To be called before the work. Throws BudgetError if this thread's case may not take so much.
void require_memory(double bytes);

/// "3.1 GiB", "80 MiB", "512 bytes".
std::string bytes_text(double bytes);

}  // namespace gradcheck
