#include <array>
#include <new>
#include <optional>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gradcheck/tensor/blas_memory.hpp>
#include <gradcheck/tensor/linalg.hpp>

using namespace gradcheck;

namespace {

#ifndef __SANITIZE_ADDRESS__
constexpr int refused = 7, never_refused = 8;

/// In a process of its own, without room for more than it has: as many threads in BLAS as it takes
/// until one finds no room.
int crowd_into_blas() {
  const rlimit no_more{0, 0};
  setrlimit(RLIMIT_AS, &no_more);
  std::array<std::optional<BlasMemory>, 10> threads;
  try {
    for (std::optional<BlasMemory>& thread : threads) {
      thread.emplace();
    }
  } catch (const std::bad_alloc&) {
    return refused;
  }
  return never_refused;
}
#endif

}  // namespace

// The address sanitizer itself needs more memory than this leaves.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("BLAS memory: a thread for which there is no buffer is refused, and does not wait") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    _exit(crowd_into_blas());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == refused);
}
#endif

TEST_CASE("BLAS memory: with room, products are made as ever") {
  const BlasMemory one, another;
  const Tensor a = full<double>({40, 40}, 1.0);
  CHECK(matmul(a, a).data()[0] == 40);
}
