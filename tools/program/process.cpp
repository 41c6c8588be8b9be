#include "process.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace gradcheck {

void prepare_process() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // bytes, the largest that it takes
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace gradcheck
