#pragma once

namespace gradcheck {

/// Prepares the BLAS for a program that checks gradients: to be called first thing in `main`.
///
/// - One thread for each call, so that `--jobs` alone says how many are busy.
/// - OpenBLAS knows processors by their model numbers, and takes its slowest kernels on one that is
///   newer than itself. Where this is so the program starts anew, once, with those for what the
///   processor says that it can do.
///
/// OPENBLAS_CORETYPE and OPENBLAS_NUM_THREADS, where they are set, are left alone.
void prepare_blas(char** argv);

}  // namespace gradcheck
