#pragma once

#include <optional>
#include <string>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/latex_cursor.hpp>

namespace gradcheck {

/// Reads numbers as LaTeX has them, each with how precisely it is printed: decimals, also 0{,}5,
/// 1.2 \times 10^{-3} and 10\%; \frac, /, \sqrt and \pi, side by side.
class LatexNumbers {
 public:
  explicit LatexNumbers(LatexCursor& text) : text_(text) {}

  /// Whether the sign that may stand here is a minus.
  bool sign();
  Printed number();     ///< with a sign
  Printed magnitude();  ///< without

 private:
  bool at_factor();
  Printed factor();
  Printed argument();
  Printed fraction();
  Printed decimal();
  std::string mantissa();
  std::optional<std::string> power_of_ten();
  Printed divided(const Printed& above, const Printed& below, std::size_t start,
                  std::size_t place) const;

  std::string text_from(std::size_t start) const;

  LatexCursor& text_;
  std::size_t depth_ = 0;  ///< of the commands that the number stands in
};

}  // namespace gradcheck
