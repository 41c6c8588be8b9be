#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/fill.hpp>

namespace gradcheck {

namespace {

/// A number as TOML has it: with the decimals of what was printed, if there were any.
std::string number_text(double value, const Printed* printed) {
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  if (printed != nullptr && printed->half_unit > 0) {
    const int decimals = static_cast<int>(std::lround(-std::log10(2 * printed->half_unit)));
    const bool plain = printed->text.find_first_of("eE\\\\") == std::string::npos;
    if (plain && decimals > 0) {
      return fmt::format("{:.{}f}", value, decimals);
    }
    return fmt::format("{:.{}e}", value, std::max(printed->digits - 1, 0));
  }
  constexpr double largest_integer = 1e15;
  const bool integer = value == std::trunc(value) && std::abs(value) < largest_integer;
  return integer ? fmt::format("{:.0f}", value == 0 ? 0.0 : value) : fmt::format("{:.6g}", value);
}

/// The values as nested TOML arrays, each with the decimals of the number that it replaces.
std::string array_text(const ClaimReport& report, const Written& written, std::size_t axis,
                       std::size_t& next) {
  if (axis == report.computed_shape.size()) {
    const bool same = !written.all_equal && written.numbers.size() == report.computed.size();
    const Printed* printed = same                      ? &written.numbers[next]
                             : written.numbers.empty() ? nullptr
                                                       : &written.numbers[0];
    const double value = report.computed[next++];
    return number_text(value, printed);
  }
  std::string text = "[";
  for (std::size_t i = 0; i < report.computed_shape[axis]; ++i) {
    text += (i == 0 ? "" : ", ") + array_text(report, written, axis + 1, next);
  }
  return text + "]";
}

/// Where a place of the text is, in bytes.
std::size_t offset_of(std::string_view text, Position at) {
  std::size_t offset = 0;
  for (std::size_t line = 1; line < at.line; ++line) {
    offset = text.find('\n', offset) + 1;
  }
  for (std::size_t column = 1; column < at.column && offset < text.size(); ++column) {
    do {
      ++offset;
    } while (offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80);
  }
  return offset;
}

std::vector<const Claim*> claims_of(const CaseFile& file) {
  std::vector<const Claim*> claims;
  for (const Claim& claim : file.claims) {
    claims.push_back(&claim);
  }
  for (const ClaimsAfter& after : file.after) {
    for (const Claim& claim : after.claims) {
      claims.push_back(&claim);
    }
  }
  // From the end of the file on, so that the places before it stay as they are.
  std::ranges::sort(claims, std::ranges::greater(),
                    [](const Claim* claim) { return std::pair(claim->at.line, claim->at.column); });
  return claims;
}

}  // namespace

FilledCase filled_case(const std::filesystem::path& file, const RunOptions& options) {
  FilledCase filled;
  filled.text = read_case_text(file);
  const CaseFile parsed = parse_case_file(filled.text, file.parent_path());
  filled.report = check_case(parsed, options.check).report;
  for (const Claim* claim : claims_of(parsed)) {
    const auto report = std::ranges::find_if(filled.report.claims, [&](const ClaimReport& one) {
      return one.line == claim->at.line && one.column == claim->at.column;
    });
    if (report == filled.report.claims.end() || report->verdict == ClaimVerdict::right) {
      continue;
    }
    std::size_t next = 0;
    const std::size_t begin = offset_of(filled.text, claim->value.at);
    const std::size_t end = offset_of(filled.text, claim->value.end);
    filled.text.replace(begin, end - begin, array_text(*report, claim->value, 0, next));
  }
  return filled;
}

}  // namespace gradcheck
