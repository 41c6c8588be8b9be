#pragma once

#include <optional>
#include <string_view>

#include <gradcheck/cases/case_file.hpp>

namespace gradcheck {

/// A decimal text, [+-]digits[.digits][e[+-]digits], and how precisely it says its value: the unit
/// of its last digit is 0.01 for "0.96", 0.001 for "1e-3", and an integer is exact. `_` between
/// digits is left out, as in TOML. None if the text is no such number or one that a double does not
/// hold.
std::optional<Printed> read_printed(std::string_view text);

/// A computed value as a finding shows it beside `printed`: with two digits more than were printed,
/// and as many as it takes to see the difference; "0.966667", "NaN", "-Infinity".
std::string computed_text(double value, const Printed& printed);

/// A value with at least six digits, and as many as it takes to tell it from the other one.
std::string text_beside(double value, double other);

/// -x
Printed negated(Printed x);

/// x·y. The half units add up as errors do: |x|·dy + |y|·dx + dx·dy. `text` is left empty.
Printed product(const Printed& x, const Printed& y);

/// x/y for y not zero, with the half unit dx/|y| + |x/y|·dy/|y|. `text` is left empty.
Printed quotient(const Printed& x, const Printed& y);

/// Whether a double holds x·y or x/y, which came out as `result`, and its half unit: neither too
/// large, nor 0 though neither x nor y is.
bool is_held(const Printed& result, const Printed& x, const Printed& y);

}  // namespace gradcheck
