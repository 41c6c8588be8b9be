#include <atomic>
#include <cstddef>
#include <new>

#include <sys/mman.h>

#include <gradcheck/tensor/blas_memory.hpp>

namespace gradcheck {
namespace {

/// The largest buffer of OpenBLAS on any processor (BUFFER_SIZE in its common_*.h), and as much
/// again for what else is allocated meanwhile.
constexpr std::size_t room = std::size_t{256} << 20;

std::atomic<int> inside = 0;  // threads in BLAS
std::atomic<int> served = 0;  // threads for which there has been room at once

bool there_is_room() {
  void* const tried = mmap(nullptr, room, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return tried != MAP_FAILED && munmap(tried, room) == 0;
}

}  // namespace

BlasMemory::BlasMemory() {
  const int now = ++inside;
  if (now <= served) {
    return;
  }
  if (!there_is_room()) {
    --inside;
    throw std::bad_alloc();
  }
  for (int before = served; before < now && !served.compare_exchange_weak(before, now);) {
  }
}

BlasMemory::~BlasMemory() { --inside; }

}  // namespace gradcheck
