#include <doctest/doctest.h>

#include <gradcheck/report/csv.hpp>

using namespace gradcheck;

TEST_CASE("csv: a line for each case, quoted where needed") {
  Report report;
  CaseReport good;
  good.id = "a, b";
  TensorReport tensor;
  tensor.max_relative_error = 2.5e-9;
  good.tensors = {tensor};
  CaseReport wrong;
  wrong.id = "say \"x\"";
  wrong.verdict = Verdict::disagree;
  StatementReport statement;
  statement.line = 31;
  statement.first_wrong = true;
  wrong.derivation = {statement};
  ClaimReport claim;
  claim.line = 12;
  claim.entries = 3;
  claim.right = 2;
  Finding finding;
  finding.verdict = ClaimVerdict::wrong;
  claim.findings = {finding};
  wrong.claims = {claim};
  CaseReport broken;
  broken.id = "c";
  broken.verdict = Verdict::error;
  broken.error = CaseError{"no", 7, 1};
  report.cases = {good, wrong, broken};
  CHECK(to_csv(report) ==
        "case,verdict,first_wrong_line,claims,claims_right,tensors,worst_relative_error\n"
        "\"a, b\",agree,,0,0,1,2.5e-09\n"
        "\"say \"\"x\"\"\",disagree,12,3,2,0,0\n"
        "c,error,7,0,0,0,0\n");
}
