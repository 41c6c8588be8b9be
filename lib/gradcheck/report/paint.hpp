#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// What a piece of text is, which decides its colour.
enum class Ink { plain, strong, faint, good, doubtful, bad };

Ink ink_of(Verdict verdict);
Ink ink_of(ClaimVerdict verdict);
Ink ink_of(StatementVerdict verdict);

/// The text between the terminal's codes for its ink; as it is without `color`.
std::string paint(std::string_view text, Ink ink, bool color);

/// The length of the code of paint() with which the text begins; 0 if it begins with none.
std::size_t color_code_length(std::string_view text);

}  // namespace gradcheck
