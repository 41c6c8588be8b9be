#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gradcheck {

/// How many bytes at the beginning of a UTF-8 text are a name: a letter of any script or `_`, then
/// letters, marks, digits, subscripts and `_`; 0 if it begins with none. The transpose sign `ᵀ`
/// belongs to no name.
std::size_t name_length(std::string_view text);

/// Whether all of the text is a name.
bool is_name(std::string_view text);

/// How many bytes at the beginning of a UTF-8 text are a space of typeset text (Unicode's category
/// Zs, such as the no-break space); 0 if it begins with none.
std::size_t space_length(std::string_view text);

/// The code point of a character that leaves no trace (category Cf, such as the zero width space).
std::optional<unsigned> invisible(std::string_view character);

/// A name in the form in which names are compared (Unicode normalisation form C): `é` is one
/// whether it was typed as one character or as two, x₁ and x1 are different names.
std::string normal_name(std::string_view name);

}  // namespace gradcheck
