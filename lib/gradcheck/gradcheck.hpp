#pragma once

/// Everything: #include <gradcheck/gradcheck.hpp>. Eigen's tensors need
/// <gradcheck/eigen.hpp> beside it.

#include <gradcheck/cases/run.hpp>
#include <gradcheck/check/check.hpp>
#include <gradcheck/compare/checker.hpp>
#include <gradcheck/layers/kernel_layer.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/junit.hpp>
#include <gradcheck/report/stream.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/tensor/random.hpp>
#include <gradcheck/user_layers/check_candidate.hpp>
#include <gradcheck/user_layers/check_function.hpp>
#include <gradcheck/user_layers/check_layer.hpp>
#include <gradcheck/user_layers/check_points.hpp>
#include <gradcheck/user_layers/shards.hpp>
