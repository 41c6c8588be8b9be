// Every allocation of the program, counted against the budget of the case that the thread works on:
// what is beyond --memory fails as if there were no more. Forms that are not here end in these.
#include "allocation.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

#include <gradcheck/tensor/budget.hpp>

namespace {

using gradcheck::Budget;

/// Enough for whatever happens between an allocation that fails and the message about it.
constexpr std::size_t reserve_size = std::size_t{4} << 20;
std::atomic<void*> reserve = nullptr;

void release_reserve() {
  std::set_new_handler(nullptr);
  std::free(reserve.exchange(nullptr));
}

/// Null where the machine has no memory left, and nobody who releases some.
void* any_memory(std::size_t size) {
  for (;;) {
    void* const block = std::malloc(size == 0 ? 1 : size);
    const std::new_handler release = std::get_new_handler();
    if (block != nullptr || release == nullptr) {
      return block;
    }
    release();
  }
}

}  // namespace

namespace gradcheck::program {

void keep_reserve() {
  reserve = std::malloc(reserve_size);
  std::set_new_handler(release_reserve);
}

}  // namespace gradcheck::program

void* operator new(std::size_t size) {
  void* const block = any_memory(size);
  Budget* const budget = Budget::current();
  if (budget != nullptr && block != nullptr && !budget->take(malloc_usable_size(block))) {
    std::free(block);
    throw std::bad_alloc();
  }
  return block != nullptr ? block : throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void operator delete(void* block) noexcept {
  Budget* const budget = Budget::current();
  if (budget != nullptr && block != nullptr) {
    budget->give_back(malloc_usable_size(block));
  }
  std::free(block);
}

void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }
