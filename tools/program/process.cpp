#include <cstdlib>
#include <string_view>

#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "process.hpp"

/// OpenBLAS's own; missing where the BLAS is another.
extern "C" {
[[gnu::weak]] char* openblas_get_corename();
[[gnu::weak]] void openblas_set_num_threads(int threads);
}

namespace gradcheck {

namespace {

/// What OpenBLAS falls back to.
constexpr std::string_view slowest_kernels = "Prescott";

/// The best kernels for this processor, as OPENBLAS_CORETYPE names them; null where none is better.
const char* fitting_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return "Haswell";
  }
#endif
  return nullptr;
}

bool has_slowest_kernels() {
  return openblas_get_corename != nullptr && openblas_get_corename() == slowest_kernels;
}

/// Starts the program anew where that gives it better kernels: both libraries read these as they
/// are loaded, never again. The allocator then keeps all small blocks at hand, not seven of a size.
void take_fitting_kernels(char** argv) {
  constexpr int keep = 0;
  const char* fitting = fitting_kernels();
  if (fitting != nullptr && has_slowest_kernels() && std::getenv("OPENBLAS_CORETYPE") == nullptr) {
    setenv("OPENBLAS_CORETYPE", fitting, keep);
    setenv("OPENBLAS_NUM_THREADS", "1", keep);
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=1000", keep);
    execv("/proc/self/exe", argv);  // returns if the program cannot be started anew
  }
}

void take_one_thread() {
  if (openblas_set_num_threads != nullptr && std::getenv("OPENBLAS_NUM_THREADS") == nullptr) {
    openblas_set_num_threads(1);
  }
}

void keep_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // bytes, the largest that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
}

}  // namespace

void prepare_process(char** argv) {
  take_fitting_kernels(argv);
  take_one_thread();
  keep_memory();
}

}  // namespace gradcheck
