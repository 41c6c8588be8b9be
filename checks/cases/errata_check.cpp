#include <string>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

constexpr const char* wrong_claims =
    "[update]\nlearning_rate = 0.1\n"
    "[claims.forward]\nz = [2, 5]\n"
    "[claims.updated]\nW = [[7, 0.3], [0.3, 8]]\n"
    "[claims.jacobian]\n\"z/x\" = [[1, 9], [0, -1]]\n"
    "[[claims.after]]\nsteps = 1\nforward.t = [1, 3]\n"
    "[derivation]\nsteps = '''\ndz = z + t\ndW = outer(dz, x)\n'''\n";

// The report of the case above with errata for all of its wrong claims but those of `key`'s kind.
CaseReport with_errata(const std::string& errata) {
  return run(product_case(wrong_claims + std::string("[errata]\n") + errata));
}

const std::string all_errata =
    "\"forward.z\" = \"r1\"\n\"updated.W\" = \"r2\"\n\"jacobian.z/x\" = \"r3\"\n"
    "\"after[1].forward.t\" = \"r4\"\n\"derivation.dz\" = \"r5\"\n";

std::string error_with(const std::string& erratum) {
  return run_error(product_case(wrong_claims + std::string("[errata]\n") + erratum));
}

std::size_t listed(const CaseReport& report) {
  Report all;
  all.cases.push_back(report);
  return all.totals().errata;
}

}  // namespace

TEST_CASE("errata: a case passes when exactly its wrong claims are listed") {
  const CaseReport report = with_errata(all_errata);
  CHECK(report.verdict == Verdict::agree);
  CHECK(report.claims[0].findings.at(0).reason == "r1");
  CHECK(report.claims[1].findings.size() == 2);
  CHECK(report.claims[1].findings[1].erratum);
  CHECK(report.derivation.at(0).erratum);
  CHECK(report.derivation[0].erratum_reason == "r5");
  CHECK(report.derivation[1].verdict == StatementVerdict::inherited);
  CHECK(listed(report) == 5);
  for (const char* key : {"\"forward.z\"", "\"updated.W\"", "\"jacobian.z/x\"",
                          "\"after[1].forward.t\"", "\"derivation.dz\""}) {
    std::string errata = all_errata;
    const std::size_t begin = errata.find(key);
    errata.erase(begin, errata.find('\n', begin) - begin + 1);
    CAPTURE(key);
    CHECK(with_errata(errata).verdict == Verdict::disagree);
  }
}

TEST_CASE("errata: a key with an index covers those entries alone, however the claim is written") {
  const CaseReport report = with_errata(
      "\"updated.W[0, 0]\" = \"a\"\n\"forward.z[1]\" = \"b\"\n\"jacobian.z[0]/x[1]\" = \"c\"\n");
  CHECK(report.claims[0].findings.at(0).erratum);
  REQUIRE(report.claims[1].findings.size() == 2);
  CHECK(report.claims[1].findings[0].erratum);
  CHECK(!report.claims[1].findings[1].erratum);
  CHECK(report.claims[2].findings.at(0).erratum);

  const CaseReport slice = with_errata("\"updated.W[:, 1]\" = \"a\"\n");
  CHECK(!slice.claims[1].findings[0].erratum);
  CHECK(slice.claims[1].findings[1].erratum);

  const auto entry = [](const std::string& erratum) {
    return run(
        product_case("[claims.forward]\n\"z[1]\" = 5\n[errata]\n\"" + erratum + "\" = \"r\"\n"));
  };
  CHECK(entry("forward.z[1]").verdict == Verdict::agree);
  CHECK(entry("forward.z[-1]").verdict == Verdict::agree);
  CHECK(entry("forward.z[1:]").verdict == Verdict::agree);
  CHECK(entry("forward.z").verdict == Verdict::agree);
}

TEST_CASE("errata: one that covers a claim of the wrong shape is needed") {
  const auto shaped = [](const std::string& erratum) {
    return run(product_case("[claims.forward]\nz = [1, 2, 3]\n[errata]\n" + erratum)).verdict;
  };
  CHECK(shaped("\"forward.z\" = \"three of them\"\n") == Verdict::agree);
  CHECK(shaped("\"forward.z[0]\" = \"three of them\"\n") == Verdict::agree);
}

TEST_CASE("errata: one whose claim is right is stale, and fails the case") {
  const auto stale = [](const std::string& claim, const std::string& key) {
    return run(
        product_case("[claims.forward]\n" + claim + "\n[errata]\n\"" + key + "\" = \"r\"\n"));
  };
  CHECK(stale("z = [2, -2]", "forward.z").claims[0].stale_erratum);
  CHECK(stale("z = [2, -2]", "forward.z").verdict == Verdict::disagree);
  CHECK(stale("z = [2, 5]", "forward.z[0]").claims[0].stale_erratum);
  CHECK(!stale("z = [2, 5]", "forward.z[0]").claims[0].findings[0].erratum);
  CHECK(!stale("z = [2, 5]", "forward.z").claims[0].stale_erratum);
  const CaseReport derived =
      run(product_case("[derivation]\nsteps = 'dz = z - t'\n[errata]\nderivation.dz = \"r\"\n"));
  CHECK(derived.derivation[0].stale_erratum);
  CHECK(derived.verdict == Verdict::disagree);
}

TEST_CASE("errata: one on a claim that is off in its last digit is fine, and not needed") {
  const std::string claim = "[claims.forward]\n\"W[0, 1]\" = 0.51\n";
  CHECK(run(product_case(claim)).claims[0].verdict == ClaimVerdict::last_digit);
  CHECK(run(product_case(claim)).verdict == Verdict::agree);
  const CaseReport report = run(product_case(claim + "[errata]\n\"forward.W\" = \"r\"\n"));
  CHECK(report.verdict == Verdict::agree);
  CHECK(!report.claims[0].stale_erratum);
  CHECK(!report.claims[0].findings[0].erratum);
}

TEST_CASE("errata: one of several claims of a name is enough to need it") {
  const CaseReport report = run(product_case(
      "[claims.forward]\n\"z[0]\" = 2\n\"z[1]\" = 5\n[errata]\n\"forward.z\" = \"r\"\n"));
  CHECK(report.verdict == Verdict::agree);
  CHECK(!report.claims[0].stale_erratum);
}

TEST_CASE("errata: one that names no claim is an error with the nearest that there is") {
  const std::string expected =
      "expected such as 'updated.W[1, 1]', 'jacobian.y/x[0, 1]', 'after[1].forward.L' or "
      "'derivation.dz'";
  const auto none = [](const std::string& key) {
    return "28:2: errata: '" + key + "' names no claim of this file, ";
  };
  CHECK(error_with("\"foward.z\" = \"r\"\n") == none("foward.z") + "did you mean 'forward.z'?");
  CHECK(error_with("\"forward.q\" = \"r\"\n") == none("forward.q") + "did you mean 'forward.z'?");
  CHECK(error_with("\"something\" = \"r\"\n") == none("something") + expected);
  CHECK(error_with("\"gradient.z\" = \"r\"\n").starts_with(none("gradient.z")));
  CHECK(error_with("\"after[2].forward.t\" = \"r\"\n") ==
        none("after[2].forward.t") + "did you mean 'after[1].forward.t'?");
  CHECK(error_with("\"after[1].forward.z\" = \"r\"\n").starts_with(none("after[1].forward.z")));
  CHECK(error_with("\"after[x].forward.t\" = \"r\"\n").starts_with(none("after[x].forward.t")));
  CHECK(error_with("\"forward.t\" = \"r\"\n").starts_with(none("forward.t")));
  CHECK(error_with("\"derivation.z\" = \"r\"\n") ==
        none("derivation.z") + "did you mean 'derivation.dz'?");
  CHECK(error_with("\"derivation.dz[0]\" = \"r\"\n").starts_with(none("derivation.dz[0]")));
  CHECK(run_error(
            product_case("[claims.forward]\n\"z[0]\" = 1\n[errata]\n\"forward.z[1]\" = \"r\"\n")) ==
        "14:2: errata: 'forward.z[1]' names no claim of this file, did you mean 'forward.z'?");
}

TEST_CASE("errata: a key that cannot be read is refused at its place") {
  CHECK(error_with("\"forward.z[0\" = \"r\"\n") ==
        "28:13: missing ']' for the '[' at 28:11, got "
        "the end");
  CHECK(error_with("\"forward.\" = \"r\"\n") == "28:10: expected a name, got the end");
  CHECK(
      error_with("\"forward.z[7]\" = \"r\"\n") ==
      "28:2: 'forward.z[7]': axis 0 has index 7, expected an integer from -2 to 1 for shape (2,)");
  CHECK(error_with("\"jacobian.z\" = \"r\"\n") ==
        "28:11: 'z' is claimed as a Jacobian, expected a key such as \"y/x\"");
}

TEST_CASE(
    "errata: an index of what is printed may reach beyond what is computed, or into a formula") {
  const auto judged = [](const std::string& printed, const std::string& index) {
    return run(product_case("[claims.jacobian]\n\"z/x\" = " + printed +
                            "\n[errata]\n\"jacobian.z/x" + index + "\" = \"r\"\n"));
  };
  const std::string larger = "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]";
  CHECK(judged(larger, "[2, 2]").verdict == Verdict::agree);
  CHECK(judged("\"W + [[0, 0], [0, 1]]\"", "[1, 1]").verdict == Verdict::agree);
  CHECK(judged("\"W + [[0, 0], [0, 1]]\"", "[1, 0]").claims[0].stale_erratum);
}
