#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/version.hpp>

namespace gradcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema = 1;
constexpr int indent = 2;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(number_text(value)); }

template <class Item>
Json list(const std::vector<Item>& items, Json (*one)(const Item&)) {
  Json out = Json::array();
  for (const Item& item : items) {
    out.push_back(one(item));
  }
  return out;
}

Json entry(const EntryReport& worst) {
  return {{"index", worst.index},
          {"analytic", number(worst.analytic)},
          {"numeric", number(worst.numeric)},
          {"bound", number(worst.bound)}};
}

Json tensor(const TensorReport& report) {
  return {{"name", report.name},
          {"role", report.role},
          {"shape", report.shape},
          {"entries", report.entries},
          {"verdict", to_string(report.verdict)},
          {"max_relative_error", number(report.max_relative_error)},
          {"max_absolute_error", number(report.max_absolute_error)},
          {"max_bound", number(report.max_bound)},
          {"not_checked", report.not_checked},
          {"kinks", report.kinks},
          {"unresolved", report.unresolved},
          {"inconclusive", report.inconclusive},
          {"disagreeing", report.disagreeing},
          {"worst", entry(report.worst)}};
}

Json finding(const Finding& found) {
  return {{"index", found.index ? Json(*found.index) : Json(nullptr)},
          {"printed", found.printed},
          {"computed", found.index ? number(found.computed) : Json(found.computed_text)},
          {"verdict", to_string(found.verdict)},
          {"erratum", found.erratum}};
}

/// Row-major entries as nested lists; a scalar is a number.
Json nested(const Shape& shape, const double* entries, std::size_t axis = 0) {
  if (axis == shape.size()) {
    return number(*entries);
  }
  std::size_t step = 1;
  for (std::size_t k = axis + 1; k < shape.size(); ++k) {
    step *= shape[k];
  }
  Json out = Json::array();
  for (std::size_t i = 0; i < shape[axis]; ++i) {
    out.push_back(nested(shape, entries + i * step, axis + 1));
  }
  return out;
}

Json shape_or_null(const std::optional<Shape>& shape) { return shape ? Json(*shape) : Json(); }

Json helper(const HelperReport& report) {
  return {{"name", report.name},
          {"line", report.line},
          {"statement", report.statement},
          {"value", nested(shape_of(report.value), report.value.data())}};
}

Json claim(const ClaimReport& report) {
  return {
      {"kind", report.kind},
      {"steps", report.steps},
      {"name", report.name},
      {"line", report.line},
      {"column", report.column},
      {"entries", report.entries},
      {"right", report.right},
      {"last_digit", report.last_digit},
      {"wrong", report.wrong},
      {"verdict", to_string(report.verdict)},
      {"stale_erratum", report.stale_erratum},
      {"computed",
       report.computed.empty() ? Json() : nested(report.computed_shape, report.computed.data())},
      {"findings", list(report.findings, finding)}};
}

Json statement(const StatementReport& report) {
  return {{"name", report.name},
          {"statement", report.statement},
          {"line", report.line},
          {"column", report.column},
          {"verdict", to_string(report.verdict)},
          {"max_relative_error", number(report.max_relative_error)},
          {"first_wrong", report.first_wrong},
          {"analytic", report.worst ? number(report.worst->analytic) : Json()},
          {"numeric", report.worst ? number(report.worst->numeric) : Json()},
          {"index", report.worst ? Json(report.worst->index) : Json()},
          {"shape", shape_or_null(report.shape)},
          {"expected_shape", shape_or_null(report.expected_shape)},
          {"helpers", list(report.helpers, helper)}};
}

Json diagnosis(const Diagnosis& report) {
  return {{"layer", report.layer},
          {"tensor", report.tensor},
          {"pattern", report.pattern},
          {"detail", report.detail}};
}

Json error(const std::optional<CaseError>& report) {
  if (!report) {
    return nullptr;
  }
  return {{"message", report->message}, {"line", report->line}, {"column", report->column}};
}

Json more_errors(const CaseReport& report) {
  Json all = Json::array();
  for (const CaseError& one : report.more_errors) {
    all.push_back(error(one));
  }
  return all;
}

Json notes(const CaseReport& report) {
  Json all = report.findings;
  for (const std::string& note : report.notes) {
    all.push_back(note);
  }
  if (!report.coverage.empty()) {
    all.push_back("checked: " + report.coverage);
  }
  for (const std::string& note : report.degenerate) {
    all.push_back(note);
  }
  return all;
}

Json one_case(const CaseReport& report) {
  return {{"id", report.id},
          {"file", report.file},
          {"title", report.title},
          {"source", report.source},
          {"verdict", to_string(report.verdict)},
          {"error", error(report.error)},
          {"more_errors", more_errors(report)},
          {"seconds", number(report.seconds)},
          {"probes", report.probes},
          {"tensors", list(report.tensors, tensor)},
          {"claims", list(report.claims, claim)},
          {"derivation", list(report.derivation, statement)},
          {"diagnosis", list(report.diagnosis, diagnosis)},
          {"notes", notes(report)}};
}

Json sums(const Totals& totals) {
  return {{"cases", totals.cases},
          {"agree", totals.agree},
          {"disagree", totals.disagree},
          {"inconclusive", totals.inconclusive},
          {"errors", totals.errors},
          {"claims", totals.claims},
          {"wrong_claims", totals.wrong_claims},
          {"errata", totals.errata},
          {"entries", totals.entries},
          {"probes", totals.probes},
          {"seconds", number(totals.seconds)}};
}

/// The same JSON, in which what safe_text() would replace is escaped instead: control characters
/// beyond ASCII's first 32, and "##", with which commands to a service begin.
std::string with_escapes(std::string_view dumped) {
  std::string out;
  for_each_code_point(dumped, [&](std::string_view bytes, int code) {
    const bool second = bytes == "#" && out.ends_with('#');
    const bool hidden = code >= 0x7F && printable(bytes) != bytes;
    out += second || hidden ? fmt::format("\\u{:04x}", code) : std::string(bytes);
  });
  return out;
}

}  // namespace

std::string to_json(const Report& report) {
  const Json out = {{"schema", schema},
                    {"version", version},
                    {"seed", report.seed},
                    {"rtol", number(report.rtol)},
                    {"cases", list(report.cases, one_case)},
                    {"totals", sums(report.totals())}};
  return with_escapes(out.dump(indent, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace gradcheck
