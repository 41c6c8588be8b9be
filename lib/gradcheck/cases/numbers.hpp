#pragma once

#include <functional>

#include <gradcheck/cases/table_reader.hpp>

namespace gradcheck {

/// Called for each number of an array in row-major order, with its place; false if it cannot be
/// used.
using TakeNumber = std::function<bool(const toml::node& number, Position at)>;

/// The shape of a number or of an array of numbers, whose numbers go to `take`. Throws LocatedError
/// where it is ragged or empty, has more than 32 axes, or holds something else than finite numbers;
/// `wanted` says what might stand in its place.
Shape read_numbers(const TableReader& table, const Entry& entry, const std::string& wanted,
                   const TakeNumber& take);

/// `numbers` under the shape of the key `shape` of the same table, if there is one. Throws
/// LocatedError if it does not have as many entries.
Shape shape_instead(const TableReader& table, const Shape& shape);

/// { latex = '...', shape = [2, 1] }
Written read_latex_table(const TableReader& table);

/// { file = "weights.npz", name = "W" }: a tensor of a file in, or from, the case's folder.
Tensor read_file_table(const TableReader& table);

/// The value of a claim: numbers, LaTeX, a formula, a tensor of a file.
Written read_written(const TableReader& table, const Entry& entry);

}  // namespace gradcheck
