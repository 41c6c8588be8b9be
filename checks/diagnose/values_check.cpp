#include <cmath>
#include <limits>
#include <string>

#include <diagnose/seen.hpp>
#include <doctest/doctest.h>

#include <gradcheck/diagnose/values.hpp>

using namespace gradcheck;

namespace {

const std::vector<NamedNumber> numbers{{5, "the batch size"}, {7, "the extent of axis 1"}};

std::string name_of(const std::optional<Pattern>& pattern) { return pattern ? pattern->name : ""; }
std::string sentence_of(const std::optional<Pattern>& pattern) {
  return pattern ? pattern->sentence : "";
}

/// What is said of a = f(n), the same at any entry that is moved a little: nothing.
template <class Function>
std::string said_of(Function f) {
  const Observation seen = seen::through(seen::gradient({5, 7}), f);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK_FALSE(one_rule(seen::spoiled(seen, i), numbers));
  }
  return sentence_of(one_rule(seen, numbers));
}

}  // namespace

TEST_CASE("one rule: a common factor is told as a plain number where it is one") {
  CHECK(said_of([](double n) { return 2 * n; }) == "analytic = 2 * numeric everywhere");
  CHECK(said_of([](double n) { return n / 2; }) == "analytic = numeric / 2 everywhere");
  CHECK(said_of([](double n) { return -n; }) == "analytic = -numeric everywhere");
  CHECK(said_of([](double n) { return -3 * n; }) == "analytic = -3 * numeric everywhere");
  CHECK(said_of([](double n) { return 2 * n / 3; }) == "analytic = 2 / 3 * numeric everywhere");
  CHECK(said_of([](double n) { return n * 0.4342944819; }) ==
        "analytic = 0.434294 * numeric everywhere");
  CHECK(said_of([](double n) { return n * (1 + 1e-6); }) ==
        "analytic = 1.000001 * numeric everywhere");
}

TEST_CASE("one rule: a factor that is an extent is told with its meaning") {
  CHECK(said_of([](double n) { return n / 5; }) ==
        "analytic = numeric / 5 everywhere; 5 is the batch size: averaged over the batch where the "
        "loss already is?");
  CHECK(said_of([](double n) { return 5 * n; }) ==
        "analytic = 5 * numeric everywhere; 5 is the batch size: not averaged over the batch?");
  CHECK(said_of([](double n) { return n / 7; }) ==
        "analytic = numeric / 7 everywhere; 7 is the extent of axis 1");
}

TEST_CASE("one rule: zero, sign and an added constant have names of their own") {
  const auto name = [](auto f) {
    return name_of(one_rule(seen::through(seen::gradient({5, 7}), f), numbers));
  };
  CHECK(name([](double) { return 0.0; }) == "zero");
  CHECK(name([](double n) { return -n; }) == "sign flipped");
  CHECK(name([](double n) { return 4 * n; }) == "constant factor");
  CHECK(name([](double n) { return n + 0.3; }) == "constant added");
  CHECK(name([](double n) { return n; }) == "");
  CHECK(name([](double n) { return n * n; }) == "");
}

TEST_CASE("one rule: zero and an added constant must fit every entry") {
  CHECK(said_of([](double) { return 0.0; }) == "analytic = 0 everywhere");
  CHECK(said_of([](double n) { return n - 0.25; }) == "analytic = numeric - 0.25 everywhere");
}

TEST_CASE("one rule: a factor is seen beside entries that are zero on both sides") {
  Tensor numeric = seen::gradient({6});
  numeric.data()[0] = numeric.data()[5] = 0;
  const Observation seen = seen::through(numeric, [](double n) { return 3 * n; });
  CHECK(sentence_of(one_rule(seen, {})) == "analytic = 3 * numeric everywhere");
  CHECK_FALSE(one_rule(seen::spoiled(seen, 5), {}));
}

TEST_CASE("one rule: a single entry is told its factor only if that is whole or a whole part") {
  const auto said = [](double a) {
    const Observation seen = seen::of(full<double>({1}, a), full<double>({1}, 0.7));
    return sentence_of(one_rule(seen, {}));
  };
  CHECK(said(1.4) == "analytic = 2 * numeric");
  CHECK(said(-0.7 / 3) == "analytic = numeric / -3");
  CHECK(said(0) == "analytic = 0");
  CHECK(said(-0.7 * 3 / 4) == "");
  CHECK(said(0.123) == "");
}

TEST_CASE("one rule: a factor within the bounds of 1 is none") {
  const Observation seen =
      seen::through(seen::gradient({6}), [](double n) { return n * (1 + 5e-8); });
  CHECK_FALSE(one_rule(seen, {}));
}

TEST_CASE("never written: NaN among entries that agree, and nothing else wrong") {
  Observation seen = seen::through(seen::gradient({2, 3}), [](double n) { return n; });
  CHECK_FALSE(never_written(seen));
  seen.analytic.data()[4] = std::numeric_limits<double>::quiet_NaN();
  CHECK(sentence_of(never_written(seen)) == "only [1, 1]: analytic is NaN there");
  CHECK_FALSE(never_written(seen::spoiled(seen, 0)));
  seen.analytic.data()[4] = std::numeric_limits<double>::infinity();
  CHECK_FALSE(never_written(seen));
}

TEST_CASE("float32: every entry is the numeric one rounded, one that is not spoils it") {
  const auto round = [](double n) { return static_cast<double>(static_cast<float>(n)); };
  const Observation seen = seen::through(seen::gradient({4, 3}), round);
  CHECK(name_of(in_float32(seen)) == "float32 precision");
  for (std::size_t i = 0; i < seen.size(); ++i) {
    Observation one = seen;
    one.analytic.data()[i] = one.numeric.data()[i];  // right, but in double
    CHECK_FALSE(in_float32(one));
    one.analytic.data()[i] =
        std::nextafter(static_cast<float>(one.numeric.data()[i]) * 1.000001F, 9.0F);
    CHECK_FALSE(in_float32(one));
  }
}

TEST_CASE("float32: entries that are float32 numbers on both sides say nothing") {
  const Observation seen = seen::of(full<double>({3}, 0.5), full<double>({3}, 0.5));
  CHECK_FALSE(in_float32(seen));
}

TEST_CASE("sign lost: the size of every entry, but not of all except one") {
  const Observation seen =
      seen::through(seen::gradient({3, 4}), [](double n) { return std::abs(n); });
  CHECK(name_of(without_sign(seen)) == "sign lost");
  for (std::size_t i = 0; i < seen.size(); ++i) {
    CHECK_FALSE(without_sign(seen::spoiled(seen, i)));
  }
}

TEST_CASE("same everywhere: the mean or the sum of all at each entry") {
  const Tensor numeric = seen::gradient({6});
  double sum = 0;
  for (const double n : entries(numeric)) {
    sum += n;
  }
  CHECK(sentence_of(same_everywhere(seen::of(full<double>({6}, sum / 6), numeric))) ==
        "every entry of analytic is the mean of the numeric ones");
  CHECK(sentence_of(same_everywhere(seen::of(full<double>({6}, sum), numeric))) ==
        "every entry of analytic is the sum of the numeric ones");
  CHECK_FALSE(same_everywhere(seen::spoiled(seen::of(full<double>({6}, sum), numeric), 2)));
  CHECK_FALSE(same_everywhere(seen::of(full<double>({6}, sum / 3), numeric)));
}
