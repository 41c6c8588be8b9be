#include <doctest/doctest.h>

#include <gradcheck/cases/case_run.hpp>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const std::string jacobian_case = R"(network = 'z = W @ x'
[inputs]
x = [1, 2]
W = [[1, 2], [3, 4]]
)";

const std::string trained_case = R"(network = 'z = W @ x; L = sum(z * z)'
[inputs]
x = [1, 2]
[parameters]
W = [[1, 2], [3, 4]]
[update]
learning_rate = 0.5
)";

CaseReport report_of(const std::string& text) {
  return check_case(parse_case_file(text), {}).report;
}

std::string error_in(const std::string& text) { return run_error(text); }

/// The places of the known entries of the first claim.
std::vector<std::size_t> known_entries(const CaseReport& report) {
  std::vector<std::size_t> entries;
  for (const Finding& finding : report.claims.at(0).findings) {
    if (finding.erratum) {
      entries.push_back(finding.entry);
    }
  }
  return entries;
}

CaseReport with_claim(const std::string& base, const std::string& claim, const std::string& key) {
  return report_of(base + claim + "\n[errata]\n\"" + key + "\" = \"misprint\"\n");
}

}  // namespace

TEST_CASE("errata: an index behind a Jacobian's key is one of the array as printed") {
  const std::string claim = "[claims.jacobian]\n\"z/x\" = [[1, 2], [3, 5]]";
  const CaseReport report = with_claim(jacobian_case, claim, "jacobian.z/x[1, 1]");
  CHECK(report.verdict == Verdict::agree);
  CHECK(known_entries(report) == std::vector<std::size_t>{3});
  CHECK(report.claims[0].findings[0].erratum_key == "jacobian.z/x[1, 1]");
}

TEST_CASE("errata: a Jacobian that is printed as a matrix is indexed as one") {
  const std::string full = "[claims.jacobian]\n\"z/W\" = [[[1,2],[0,0]], [[0,0],[1,9]]]";
  CHECK(known_entries(with_claim(jacobian_case, full, "jacobian.z/W[1, 1, 1]")) ==
        std::vector<std::size_t>{7});
  const std::string flat = "[claims.jacobian]\n\"z/W\" = [[1,2,0,0], [0,0,1,9]]";
  CHECK(known_entries(with_claim(jacobian_case, flat, "jacobian.z/W[1, 3]")) ==
        std::vector<std::size_t>{7});
}

TEST_CASE("errata: a key that is the claim's own covers it, whatever the claim is") {
  struct Row {
    std::string base;
    std::string table;
    std::string key;
    std::string value;
  };
  for (const Row& row : std::vector<Row>{
           {jacobian_case, "jacobian", "z/x", "[[1, 2], [3, 5]]"},
           {jacobian_case, "jacobian", "z[1]/x", "[3, 5]"},
           {jacobian_case, "jacobian", "z/x[1]", "[2, 5]"},
           {jacobian_case, "forward", "z[1]", "12"},
           {trained_case, "gradient", "W[1,:]", "[1, 2]"},
           {trained_case, "updated", "W[1, 0]", "7"},
           {trained_case, "change", "W", "[1, 2, 3]"},
       }) {
    CAPTURE(row.key);
    const std::string claim = "[claims." + row.table + "]\n\"" + row.key + "\" = " + row.value;
    const CaseReport report = with_claim(row.base, claim, row.table + "." + row.key);
    CHECK(report.verdict == Verdict::agree);
    CHECK_FALSE(known_entries(report).empty());
  }
}

TEST_CASE("errata: an index behind a claim's key with an index is one of the part printed") {
  const std::string claim = "[claims.forward]\n\"W[1]\" = [3, 5]";
  CHECK(known_entries(with_claim(trained_case, claim, "forward.W[1][1]")) ==
        std::vector<std::size_t>{1});
}

TEST_CASE("errata: only the claims that a key covers can be stale") {
  const CaseReport report = report_of(trained_case +
                                      "[claims.forward]\n\"W[0]\" = [1, 2]\n\"W[1]\" = [3, 5]\n"
                                      "[errata]\n\"forward.W[1, 1]\" = \"misprint\"\n");
  CHECK(report.verdict == Verdict::agree);
  CHECK_FALSE(report.claims[0].stale_erratum);
}

TEST_CASE("errata: a key that covers no claimed entry is refused at its place") {
  const std::string claims = "[claims.forward]\n\"W[0]\" = [1, 2]\n[errata]\n";
  CHECK(error_in(trained_case + claims + "\"forward.W[1, 1]\" = \"x\"") ==
        "11:2: errata: 'forward.W[1, 1]' names no claim of this file, expected such as "
        "'updated.W[1, 1]', 'jacobian.y/x[0, 1]', 'after[1].forward.L' or 'derivation.dz'");
  CHECK(error_in(trained_case + claims + "\"forward.W[5]\" = \"x\"") ==
        "11:2: 'forward.W[5]': axis 0 has index 5, expected an integer from -2 to 1 for shape "
        "(2, 2)");
}
