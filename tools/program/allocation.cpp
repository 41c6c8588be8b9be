// Every allocation of the program, counted against the budget of the case that the thread works on:
// what is beyond --memory fails as if there were no more. Forms that are not here end in these.
#include "allocation.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gradcheck/tensor/budget.hpp>

namespace {

using gradcheck::Budget;

/// Enough for whatever happens between an allocation that fails and the message about it.
constexpr std::size_t reserve_size = std::size_t{4} << 20;
std::atomic<void*> reserve = nullptr;

/// Up to here the heap has been offered to the system for large pages.
std::atomic<std::uintptr_t> offered = 0;
constexpr std::uintptr_t large_page = std::uintptr_t{2} << 20;  // bytes, on most processors

std::uintptr_t next_large_page(std::uintptr_t address) {
  return (address + large_page - 1) / large_page * large_page;
}

/// Asks for large pages between two addresses: a page that is touched for the first time costs a
/// fault, and there are hundreds of times fewer of these. Where the system has none nothing
/// happens.
void offer(std::uintptr_t first, std::uintptr_t end) {
#if defined(MADV_HUGEPAGE)
  const std::uintptr_t begin = next_large_page(first), last = end / large_page * large_page;
  if (begin < last) {
    madvise(reinterpret_cast<void*>(begin), last - begin, MADV_HUGEPAGE);
  }
#endif
}

/// Offers what the heap has grown by, or a large block beyond it.
void offer_new(void* block) {
  const auto first = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t before = offered.load(std::memory_order_relaxed);
  if (first < before) {
    return;
  }
  const auto heap_end = reinterpret_cast<std::uintptr_t>(sbrk(0));
  if (first < heap_end) {
    offer(before == 0 ? first : before, heap_end);
    offered.store(heap_end, std::memory_order_relaxed);
  } else if (const std::size_t size = malloc_usable_size(block); size >= large_page) {
    offer(first, first + size);
  }
}

void release_reserve() {
  std::set_new_handler(nullptr);
  std::free(reserve.exchange(nullptr));
}

/// Null where the machine has no memory left, and nobody who releases some.
void* any_memory(std::size_t size) {
  for (;;) {
    void* const block = std::malloc(size == 0 ? 1 : size);
    const std::new_handler release = std::get_new_handler();
    if (block != nullptr) {
      offer_new(block);
    }
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
