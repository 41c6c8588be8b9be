#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include <gradcheck/report/numbers.hpp>
#include <gradcheck/tensor/limits.hpp>

using namespace gradcheck;

TEST_CASE("limits: the description of case files names each") {
  std::ifstream file("cases/README.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  REQUIRE(text.find("## Limits") != std::string::npos);
  const std::string limits = text.substr(text.find("## Limits"));
  for (const std::size_t number :
       {max_entries, max_compared_jacobian, max_height, static_cast<std::size_t>(max_steps)}) {
    CAPTURE(number);
    CHECK(limits.find(count_text(number)) != std::string::npos);
  }
  for (const std::string& words :
       {std::to_string(max_case_file >> 20) + " MiB; keys", std::to_string(max_key_dots) + " dots",
        std::to_string(max_file_nesting) + " deep",
        std::to_string(max_network_text >> 20) + " MiB;", std::to_string(max_nesting) + " brackets",
        std::to_string(max_word) + " bytes", std::to_string(max_rank) + " axes"}) {
    CAPTURE(words);
    CHECK(limits.find(words) != std::string::npos);
  }
  CHECK(max_seconds == 24 * 60 * 60);
}
