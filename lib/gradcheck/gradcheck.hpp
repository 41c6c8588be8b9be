#pragma once

/// Everything: #include <gradcheck/gradcheck.hpp>. Eigen's tensors need
/// <gradcheck/adapt/eigen.hpp> beside it.

#include <gradcheck/adapt/check_function.hpp>
#include <gradcheck/adapt/check_layer.hpp>
#include <gradcheck/adapt/check_points.hpp>
#include <gradcheck/cases/run.hpp>
#include <gradcheck/check/check.hpp>
#include <gradcheck/check/checker.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/junit.hpp>
#include <gradcheck/report/stream.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/tensor/random.hpp>
