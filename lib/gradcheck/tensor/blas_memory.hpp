#pragma once

namespace gradcheck {

/// To be alive while a thread is in BLAS. OpenBLAS takes a buffer of its own for each thread that
/// calls it, keeps it, and where it gets none tries again without end. So whenever more threads
/// come than ever before, it is first tried whether there is room for another buffer. Throws
/// std::bad_alloc if there is none.
class BlasMemory {
 public:
  BlasMemory();
  ~BlasMemory();
  BlasMemory(const BlasMemory&) = delete;
  BlasMemory& operator=(const BlasMemory&) = delete;
};

}  // namespace gradcheck
