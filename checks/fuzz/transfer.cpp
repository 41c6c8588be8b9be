// A report from another process: bytes are a report, which comes out as the same bytes, or refused.
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/report/transfer.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::allow_refusal([&] {
    const Report report = report_from_bytes(fuzz::text_of(data, size));
    fuzz::require(to_bytes(report_from_bytes(to_bytes(report))) == to_bytes(report),
                  "bytes come back");
    to_text(report, {.verbose = true});
    to_json(report);
  });
  return 0;
}
