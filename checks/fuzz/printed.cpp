// Printed numbers and LaTeX: what is read has finite values and finite half units.
#include <cmath>

#include <gradcheck/cases/latex.hpp>
#include <gradcheck/cases/printed.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

namespace {

void require_finite(const Printed& number) {
  fuzz::require(std::isfinite(number.value), "a printed value is finite");
  fuzz::require(std::isfinite(number.half_unit) && number.half_unit >= 0,
                "half a unit is finite, and not negative");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const std::optional<Printed> number = read_printed(text)) {
    require_finite(*number);
  }
  fuzz::allow_refusal([&] {
    const Written written = read_latex(text, {1, 1}, "x");
    fuzz::require(entries_of(written.shape) == written.numbers.size(), "a number for each entry");
    for (const Printed& number : written.numbers) {
      require_finite(number);
    }
  });
  return 0;
}
