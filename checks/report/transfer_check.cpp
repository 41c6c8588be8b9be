#include <doctest/doctest.h>
#include <report/sample_report.hpp>

#include <gradcheck/report/json.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/report/transfer.hpp>
#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;

namespace {

/// As of layers: without claims and derivations.
Report layers_report() {
  Report report = sample::report();
  for (CaseReport& one : report.cases) {
    one.claims.clear();
    one.derivation.clear();
    one.notes.push_back("a note");
    one.findings.push_back("forward writes to its input x");
    one.diagnosis.push_back({"affine", "b", "constant factor", "analytic = numeric / 5"});
    one.coverage = "6 entries";
    one.degenerate = {"W is square"};
  }
  return report;
}

}  // namespace

TEST_CASE("transfer: a report comes back as it was, NaN and infinity included") {
  const Report report = layers_report();
  const Report back = report_from_bytes(to_bytes(report));
  CHECK(to_json(back) == to_json(report));
  TextStyle style;
  style.verbose = true;
  CHECK(to_text(back, style) == to_text(report, style));
}

TEST_CASE("transfer: bytes that are not a whole report are refused") {
  const std::string bytes = to_bytes(layers_report());
  CHECK_THROWS_AS(report_from_bytes(""), ValueError);
  CHECK_THROWS_AS(report_from_bytes(bytes.substr(0, bytes.size() - 1)), ValueError);
  CHECK_THROWS_AS(report_from_bytes(bytes + "x"), ValueError);
}

TEST_CASE("transfer: a number that is no word of its kind is refused, never read as one") {
  Report report;
  report.cases.push_back({});
  report.cases[0].verdict = Verdict::agree;
  const std::string bytes = to_bytes(report);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string other = bytes;
    other[i] = static_cast<char>(0xA5);
    try {
      const CaseReport one = report_from_bytes(other).cases.at(0);
      CHECK(static_cast<unsigned>(one.verdict) <= static_cast<unsigned>(Verdict::error));
    } catch (const std::exception& error) {
      refused += std::string(error.what()).find("for a word") != std::string::npos ? 1 : 0;
    }
  }
  // A verdict (of four bytes), whether there are only zeros and whether time ran out, and whether
  // there is an error (of eight).
  CHECK(refused == sizeof(Verdict) + 2 * sizeof(bool) + sizeof(std::size_t));
}
