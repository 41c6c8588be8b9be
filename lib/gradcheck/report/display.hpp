#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gradcheck {

/// Calls `visit` for each code point of a UTF-8 text with its bytes; the code point is -1 for a
/// byte that belongs to none.
void for_each_code_point(std::string_view text,
                         const std::function<void(std::string_view bytes, int code_point)>& visit);

/// The text in a form that is safe on a terminal: line ends and tabs become blanks; other control
/// characters, those that turn the writing direction, and invalid bytes become U+FFFD.
std::string printable(std::string_view text);

/// The bytes of the blanks, in any script, with which a text begins.
std::size_t leading_blanks(std::string_view text);

/// The columns that a terminal gives to a printable text: two for a Korean syllable, none for a
/// combining mark.
std::size_t display_width(std::string_view text);

/// The text, cut at its end with `…` where it is wider than `width`.
std::string cut(std::string_view text, std::size_t width);

/// The same, cut at its beginning.
std::string cut_front(std::string_view text, std::size_t width);

/// The text with blanks after it (before it) up to `width` columns.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

/// The lines of a text wrapped at blanks to `width` columns; line ends in it are kept. It is not
/// wrapped inside brackets that fit on a line ("W[1, 1]"). A word wider than a line stays whole: it
/// is a path, or part of a formula, that somebody may want to copy.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace gradcheck
