#include <doctest/doctest.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/progress.hpp>

using namespace gradcheck;

namespace {

std::string text_of(const TensorProgress& tensor, std::size_t width = 100) {
  return progress_text({3, 40, "cases/deep/network", tensor}, width);
}

}  // namespace

TEST_CASE("progress: case, tensor, entries, rate and time left are told") {
  CHECK(text_of({"W1", 1000, 4000, 2.5}) ==
        "3/40 cases/deep/network  W1  1,000 of 4,000 entries  400/s  8 s left");
  CHECK(text_of({"W1", 1, 1000, 1}) ==
        "3/40 cases/deep/network  W1  1 of 1,000 entries  1/s  17 min left");
  CHECK(text_of({"W1", 1, 8000, 1}) ==
        "3/40 cases/deep/network  W1  1 of 8,000 entries  1/s  3 h left");
}

TEST_CASE("progress: before the first entry there is no rate, before the first tensor no name") {
  CHECK(text_of({"W1", 0, 1, 0.5}) == "3/40 cases/deep/network  W1  1 entry");
  CHECK(text_of({"", 0, 0, 0}) == "3/40 cases/deep/network");
}

TEST_CASE("progress: no line is wider than the terminal, whatever is left out") {
  const TensorProgress tensor{"가중치", 1000, 4000, 2.5};
  const std::string id = "3/40 …es/deep/network";
  CHECK(text_of(tensor, 70) == id + "  가중치  1,000 of 4,000 entries  400/s  8 s left");
  CHECK(text_of(tensor, 63) == id + "  가중치  1,000 of 4,000 entries  8 s left");
  CHECK(text_of(tensor, 55) == id + "  1,000 of 4,000 entries  8 s left");
  CHECK(text_of(tensor, 40) == "3/40 cases/deep/network  8 s left");
  for (std::size_t width = 1; width < 100; ++width) {
    CHECK(display_width(text_of(tensor, width)) <= width);
  }
}
