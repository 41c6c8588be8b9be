// The keys of claims and errata: the first line is a table and a key of a claim, the second a key
// under [errata].
#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/network/language.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

namespace {

const char* const text = R"TOML(
network = "y = W @ x; L = sum(y * y)"
[inputs]
x = [1, 2]
[parameters]
W = [[1, 2], [3, 4], [5, 6]]
[update]
learning_rate = 0.5
)TOML";

Claim claim_of(std::string_view line) {
  Claim claim;
  claim.at = {1, 1};
  claim.kind = static_cast<Claim::Kind>(line.empty() ? 0 : static_cast<unsigned char>(line[0]) % 5);
  claim.key = line.substr(line.empty() ? 0 : 1);
  claim.value.numbers = {{"1", 1, 0, 1}};
  return claim;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const CaseFile frame = parse_case_file(text);
  const std::string_view lines = fuzz::text_of(data, size);
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  fuzz::allow_refusal([&] {
    CaseFile file = frame;
    file.claims.push_back(claim_of(lines.substr(0, end)));
    if (end < lines.size()) {
      file.errata.push_back({std::string(lines.substr(end + 1)), "a reason", {1, 1}});
    }
    check_case(file, {});
  });
  return 0;
}
