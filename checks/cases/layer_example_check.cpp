#include <doctest/doctest.h>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/cases/layer_example.hpp>

using namespace gradcheck;

TEST_CASE("layer_example: of every layer, it uses it, and agrees") {
  for (const LayerType& type : standard_layers().types()) {
    const std::string text = layer_example(type);
    CAPTURE(text);
    CHECK(text.find(type.name + "(") != std::string::npos);
    CHECK(check_case(parse_case_file(text), {}).report.verdict == Verdict::agree);
  }
}
