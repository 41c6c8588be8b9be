// A case from its text to its verdict, within bounds: nothing agrees of which nothing was compared.
#include <algorithm>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/tensor/budget.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

namespace {

/// Larger networks take long under sanitizers, and show no more.
constexpr std::size_t most_bytes = 2048;

bool compared_something(const CaseReport& report) {
  return std::any_of(report.tensors.begin(), report.tensors.end(),
                     [](const TensorReport& tensor) { return tensor.entries > 0; });
}

/// A case that takes longer is an error of its own.
template <class Work>
void allow_budget(Work work) {
  try {
    fuzz::allow_refusal(work);
  } catch (const BudgetError&) {
    // Told in a sentence, too.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > most_bytes) {
    return -1;
  }
  allow_budget([&] {
    const Budget budget({.seconds = 2, .bytes = std::size_t{1} << 26});
    Report report;
    report.cases.push_back(check_case(parse_case_file(fuzz::text_of(data, size)), {}).report);
    const CaseReport& one = report.cases[0];
    fuzz::require(one.verdict != Verdict::agree || compared_something(one),
                  "what agrees was compared");
    to_text(report, {.verbose = true});
    to_json(report);
  });
  return 0;
}
