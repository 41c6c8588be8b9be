#include <doctest/doctest.h>
#include <report/sample_report.hpp>

#include <gradcheck/result/report.hpp>

using namespace gradcheck;

TEST_CASE("report: the totals count claims by entry, and errata apart from wrong claims") {
  const Totals totals = sample::report().totals();
  CHECK(totals.claims == 10);
  CHECK(totals.wrong_claims == 2);  // one entry, and one shape
  CHECK(totals.errata == 1);
  CHECK(totals.entries == 22);
  CHECK(totals.probes == 192);
  CHECK(totals.seconds == 1.5);
}

TEST_CASE("report: the totals count each case by its verdict") {
  const Totals totals = sample::report().totals();
  CHECK(totals.cases == 4);
  CHECK(totals.agree == 1);
  CHECK(totals.disagree == 1);
  CHECK(totals.inconclusive == 1);
  CHECK(totals.errors == 1);
}

TEST_CASE("report: a wrong shape that is listed under [errata] is one erratum") {
  Report report;
  report.cases = {sample::wrong_case()};
  report.cases[0].claims[1].findings[0].erratum = true;
  CHECK(report.totals().errata == 2);
  CHECK(report.totals().wrong_claims == 1);
}

TEST_CASE("report: it agrees if there are cases and all of them agree") {
  Report report;
  CHECK_FALSE(report.agrees());
  report.cases = {sample::good_case()};
  CHECK(report.agrees());
  for (const CaseReport& other :
       {sample::wrong_case(), sample::broken_case(), sample::dead_case()}) {
    report.cases = {sample::good_case(), other};
    CHECK_FALSE(report.agrees());
  }
}

TEST_CASE("report: an inconclusive case passes where that is allowed, one of only zeros never") {
  CaseReport report = sample::good_case();
  CHECK(passes(report, false));
  report.verdict = Verdict::inconclusive;
  CHECK_FALSE(passes(report, false));
  CHECK(passes(report, true));
  report.only_zeros = true;
  CHECK_FALSE(passes(report, true));
  report.verdict = Verdict::disagree;
  report.only_zeros = false;
  CHECK_FALSE(passes(report, true));
  CHECK_FALSE(passes(sample::broken_case(), true));
}

TEST_CASE("report: verdicts have the names of the JSON schema") {
  CHECK(to_string(Verdict::agree) == std::string("agree"));
  CHECK(to_string(Verdict::inconclusive) == std::string("inconclusive"));
  CHECK(to_string(Verdict::disagree) == std::string("disagree"));
  CHECK(to_string(Verdict::error) == std::string("error"));
  CHECK(to_string(ClaimVerdict::right) == std::string("right"));
  CHECK(to_string(ClaimVerdict::last_digit) == std::string("last_digit"));
  CHECK(to_string(ClaimVerdict::wrong) == std::string("wrong"));
  CHECK(to_string(StatementVerdict::agree) == std::string("agree"));
  CHECK(to_string(StatementVerdict::inherited) == std::string("inherited"));
  CHECK(to_string(StatementVerdict::disagree) == std::string("disagree"));
}
