#pragma once

#include <cstddef>
#include <string>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// All entries of a tensor, decimal points under each other: a vector is a row, a matrix its rows;
/// a tensor of higher rank is told in matrices, each under its "[0, 2, :, :]". Where the columns do
/// not fit into `width`, they come in blocks under "columns 10 to 19".
std::string matrix_text(const Tensor& tensor, std::size_t indent, std::size_t width);

}  // namespace gradcheck
