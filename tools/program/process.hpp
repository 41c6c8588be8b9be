#pragma once

namespace gradcheck {

/// Prepares the process of a program that checks gradients: to be called first thing in `main`.
///
/// - OpenBLAS knows processors by their model numbers, and takes its slowest kernels on one that is
///   newer than itself. Where this is so the program starts anew, once, with those for what the
///   processor says that it can do.
/// - One thread for each call of the BLAS, so that `--jobs` alone says how many are busy.
/// - Memory that was freed is kept for the next tensor, instead of going back to the system.
///
/// OPENBLAS_CORETYPE and OPENBLAS_NUM_THREADS, where they are set, are left alone.
void prepare_process(char** argv);

}  // namespace gradcheck
