#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include <defects/corpus.hpp>
#include <defects/opaque/examine.hpp>
#include <defects/opaque/expected_failures.hpp>
#include <doctest/doctest.h>

using namespace gradcheck;
using gradcheck::defects::whole_corpora;
using namespace gradcheck::defects::opaque;

namespace {

constexpr bool fine_truth =
    std::numeric_limits<Truth>::digits > std::numeric_limits<double>::digits;

/// Where long double's quotients do not come near the derivative: those that tend to it as h^0.2,
/// infinite ones, and contributions that even its 64 bits absorb.
bool beyond_long_double(const Specimen& specimen) {
  static const std::vector<std::string> absorbed{"cross-entropy, the label ahead by 40",
                                                 "log of a sum of exponentials"};
  return specimen.group == "powers" || std::ranges::count(absorbed, specimen.name) != 0 ||
         specimen.name.starts_with("affine map of tiny") ||
         specimen.name.starts_with("affine map of huge");
}

}  // namespace

TEST_CASE("opaque corpus: 150 right layers at least, each with two planted errors, names once") {
  std::set<std::string> names;
  CHECK(corpus().size() >= 150);
  for (const Specimen& specimen : corpus()) {
    CHECK_MESSAGE(names.insert(specimen.name).second, specimen.name);
    CHECK_MESSAGE(specimen.faults.size() >= 2, specimen.name);
    std::set<Fault> faults(specimen.faults.begin(), specimen.faults.end());
    CHECK_MESSAGE(faults.size() == specimen.faults.size(), specimen.name);
  }
}

TEST_CASE("opaque corpus: the right gradient is the derivative of forward") {
  for (const Specimen& specimen : corpus()) {
    if (fine_truth && !beyond_long_double(specimen)) {
      const double error = truth_error(specimen, point_of(specimen, 0));
      CHECK_MESSAGE(error < 1e-4, specimen.name, ": ", error);
    }
  }
}

TEST_CASE(
    "opaque corpus: every planted error is to be seen at some point where that is attainable") {
  for (const Specimen& specimen : corpus()) {
    for (const Fault& fault : specimen.faults) {
      bool seen = false, possible = false;
      for (std::uint64_t seed = 0; seed < 4 && !seen; ++seed) {
        const Arrays<double> point = point_of(specimen, seed);
        const Attainable best = attainable(specimen, point);
        possible = possible || best.relative <= attainable_error / 20;
        seen = visible_change(specimen, point, fault, best, CheckOptions{}.rtol) > 0;
      }
      CHECK_MESSAGE((seen || !possible), specimen.name, " / ", fault);
    }
  }
}

namespace {

/// Points and seeds at which failures are counted.
constexpr std::uint64_t points = 2;

/// What all layers at these points came to; of a sample, every tenth layer at one point.
const std::vector<Examination>& examinations() {
  static const std::vector<Examination> all = [] {
    std::vector<Examination> list;
    for (std::size_t k = 0; k < corpus().size(); k += whole_corpora ? 1 : 10) {
      for (std::uint64_t point = 0; point < (whole_corpora ? points : 1); ++point) {
        for (Examination& one : examine(corpus()[k], point, {}, false)) {
          list.push_back(std::move(one));
        }
      }
    }
    return list;
  }();
  return all;
}

struct Shares {
  double right_agree = 0, errors_found = 0;
};
Shares shares() {
  double right = 0, agree = 0, wrong = 0, found = 0;
  for (const Examination& one : examinations()) {
    if (one.attainable && one.right()) {
      right += 1;
      agree += one.verdict == Verdict::agree ? 1 : 0;
    } else if (one.attainable && one.visible()) {
      wrong += 1;
      found += one.verdict == Verdict::disagree ? 1 : 0;
    }
  }
  return {agree / right, found / wrong};
}

}  // namespace

TEST_CASE("opaque corpus: what is called wrong though right, or agrees though wrong, is expected") {
  const std::vector<std::string>& expected = expected_failures();
  for (const Examination& one : examinations()) {
    CHECK_MESSAGE((!one.failure() || std::ranges::count(expected, one.name) != 0), one.name, ": ",
                  std::string(to_string(one.verdict)), "; ", one.reason);
  }
}

TEST_CASE("opaque corpus: every expected failure is one still") {
  std::set<std::string> failures;
  for (const Examination& one : examinations()) {
    if (one.failure()) {
      failures.insert(one.name);
    }
  }
  for (const std::string& name : expected_failures()) {
    CHECK_MESSAGE((!whole_corpora || failures.contains(name)), name,
                  " is mended: take it off the list");
  }
}

TEST_CASE("opaque corpus: where it is attainable, right layers agree and errors are found") {
  if (whole_corpora) {
    CHECK(shares().right_agree >= 0.96);
    CHECK(shares().errors_found >= 0.99);
  }
}
