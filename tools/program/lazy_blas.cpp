// The BLAS, loaded when the first large product needs it: most files have none, and loading it
// takes longer than checking them. The library calls cblas_dgemm as ever; in this program that is
// here.
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <dlfcn.h>

namespace {

using Gemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k,
                      double alpha, const double* a, int lda, const double* b, int ldb, double beta,
                      double* c, int ldc);

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

/// OpenBLAS goes by model numbers: on a processor newer than itself it takes kernels without AVX,
/// which are several times slower. It looks at OPENBLAS_CORETYPE whenever it chooses.
void choose_fitting_kernels(void* blas) {
  const auto name = reinterpret_cast<char* (*)()>(dlsym(blas, "openblas_get_corename"));
  const auto forget = reinterpret_cast<void (*)()>(dlsym(blas, "gotoblas_dynamic_quit"));
  const auto choose = reinterpret_cast<void (*)()>(dlsym(blas, "gotoblas_dynamic_init"));
  const char* const fitting = fitting_kernels();
  if (name == nullptr || forget == nullptr || choose == nullptr || fitting == nullptr ||
      name() != slowest_kernels || std::getenv("OPENBLAS_CORETYPE") != nullptr) {
    return;
  }
  constexpr int keep = 0;
  setenv("OPENBLAS_CORETYPE", fitting, keep);
  forget();
  choose();
}

/// With a single thread for each product, so that `--jobs` alone says how many are busy.
Gemm load_gemm() {
  constexpr int keep = 0;
  setenv("OPENBLAS_NUM_THREADS", "1", keep);
  void* const blas = dlopen(GRADCHECK_BLAS, RTLD_NOW | RTLD_LOCAL);
  void* const gemm = blas == nullptr ? nullptr : dlsym(blas, "cblas_dgemm");
  if (gemm == nullptr) {
    throw std::runtime_error(std::string("the BLAS that large products need cannot be loaded: ") +
                             dlerror());
  }
  choose_fitting_kernels(blas);
  return reinterpret_cast<Gemm>(gemm);
}

}  // namespace

extern "C" void cblas_dgemm(int order, int transpose_a, int transpose_b, int m, int n, int k,
                            double alpha, const double* a, int lda, const double* b, int ldb,
                            double beta, double* c, int ldc) {
  static const Gemm gemm = load_gemm();
  gemm(order, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
