#pragma once

#include <cstddef>

namespace gradcheck {

// What is read and calculated at most. Whatever is larger is refused in a sentence before anything
// of its size is allocated. cases/README.md names the limits of a case file.

/// Entries of a tensor, and of all values of a network together (1 GiB of doubles).
inline constexpr std::size_t max_entries = std::size_t{1} << 27;
/// Entries of a Jacobian of more than one row that is compared entry by entry.
inline constexpr std::size_t max_compared_jacobian = std::size_t{1} << 25;
/// Axes of a tensor (NumPy's limit).
inline constexpr std::size_t max_rank = 32;

/// Bytes of a case file.
inline constexpr std::size_t max_case_file = std::size_t{16} << 20;
/// Dots in a key, and brackets inside one another, of a case file: the TOML parser recurses.
inline constexpr std::size_t max_key_dots = 64;
inline constexpr std::size_t max_file_nesting = 64;
/// Steps of a training.
inline constexpr long long max_steps = 1'000'000;

/// Bytes of a text in the network language.
inline constexpr std::size_t max_network_text = std::size_t{1} << 20;
/// Bytes of a name, a number or a quoted word: messages repeat them.
inline constexpr std::size_t max_word = 255;
/// Brackets, signs and exponents inside one another.
inline constexpr std::size_t max_nesting = 200;
/// Levels of an expression's tree: operators in a chain.
inline constexpr std::size_t max_height = 1000;

/// Seconds that a case may take, and bytes of a report from another process, unless said otherwise.
inline constexpr double max_seconds = 24 * 60 * 60;
inline constexpr std::size_t max_transfer = std::size_t{256} << 20;

}  // namespace gradcheck
