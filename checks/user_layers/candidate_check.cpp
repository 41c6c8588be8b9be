#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

/// y = w tanh(x), summed up to a mean over rows if asked. `store` is what rounds each result, and
/// `alter` what is wrong with it.
struct Tanh {
  using Alter = std::function<void(std::vector<double>&)>;

  std::vector<double> w{0.5, -1.5, 2}, dw{0, 0, 0};
  NumberType type = NumberType::float64;
  Alter alter_y{}, alter_dx{}, alter_dw{};
  std::vector<double> x{};

  std::vector<double> stored(std::vector<double> values, const Alter& alter) const {
    if (alter) {
      alter(values);
    }
    for (double& value : values) {
      value = quantised(value, type);
    }
    return values;
  }
  std::vector<double> forward(const std::vector<double>& given) {
    x = given;
    std::vector<double> y;
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.push_back(w[i % 3] * std::tanh(x[i]));
    }
    return stored(y, alter_y);
  }
  std::vector<double> backward(const std::vector<double>& dy) {
    std::vector<double> dx, sums{0, 0, 0};
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double t = std::tanh(x[i]);
      dx.push_back(dy[i] * w[i % 3] * (1 - t * t));
      sums[i % 3] += dy[i] * t;
    }
    dw = stored(sums, alter_dw);
    return stored(dx, alter_dx);
  }
  auto parameters() { return std::vector{ParameterRef{"w", w, dw}}; }
};

const std::vector<double> point{0.3, -1.2, 0.7, 1.4, -0.2, 0.9, -0.6, 0.1, 1.1};

void scale_all(std::vector<double>& values) {
  for (double& value : values) {
    value *= 1.01;
  }
}
void scale_one(std::vector<double>& values) { values[1] *= 1.03; }

CaseReport compared(Tanh candidate, NumberType type, std::uint64_t seed = 0) {
  candidate.type = type;
  Tanh reference;
  return check_candidate(candidate, reference,
                         {.inputs = {point}, .precision = type, .check = {.seed = seed}})
      .cases.at(0);
}

std::string wrong(const CaseReport& report) {
  std::string names;
  for (const TensorReport& tensor : report.tensors) {
    names += tensor.verdict == Verdict::disagree ? tensor.name : "";
  }
  return names;
}

constexpr NumberType types[] = {NumberType::bfloat16, NumberType::float16, NumberType::float32};

}  // namespace

TEST_CASE("candidate: a right one agrees with its reference, whatever it stores its numbers in") {
  for (const NumberType type : types) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const CaseReport report = compared({}, type, seed);
      CHECK_MESSAGE(report.verdict == Verdict::agree, to_string(type), " ", seed);
      REQUIRE(report.tensors.size() == 3);
      CHECK(report.tensors[0].name == "y");
      CHECK(report.tensors[0].role == "output");
      CHECK(report.tensors[1].role == "input");
      CHECK(report.tensors[2].name == "w");
    }
  }
}

TEST_CASE("candidate: 1 % in every entry of a tensor, and 3 % in one, are found where they are") {
  for (const NumberType type : types) {
    for (const auto& alter : {scale_all, scale_one}) {
      Tanh y, dx, dw;
      y.alter_y = dx.alter_dx = dw.alter_dw = alter;
      CHECK_MESSAGE(wrong(compared(y, type)) == "y", to_string(type));
      CHECK_MESSAGE(wrong(compared(dx, type)) == "x", to_string(type));
      CHECK_MESSAGE(wrong(compared(dw, type)) == "w", to_string(type));
    }
  }
}

namespace {

/// y = x² + c, which hardly moves near 0: all points nearby are rounded alike.
struct Minimum {
  double c;
  NumberType type = NumberType::float64;
  std::vector<double> x{};

  std::vector<double> forward(const std::vector<double>& given) {
    x = given;
    return stored([this](double value) { return value * value + c; });
  }
  std::vector<double> backward(const std::vector<double>& dy) {
    std::vector<double> dx = stored([](double value) { return 2 * value; });
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx[i] = quantised(dy[i] * dx[i], type);
    }
    return dx;
  }
  std::vector<double> stored(const std::function<double(double)>& f) const {
    std::vector<double> values;
    for (const double value : x) {
      values.push_back(quantised(f(value), type));
    }
    return values;
  }
};

}  // namespace

TEST_CASE("candidate: a result that nearby points round alike may be off by half its last digit") {
  for (const NumberType type : types) {
    const double digit = 2 * unit_roundoff(type);
    for (const double part : {0.1, 0.4, 0.48}) {
      Minimum reference{1 + part * digit};
      Minimum right{reference.c, type}, wrong{reference.c - 1.5 * digit, type};
      const std::vector<double> x(5, 0.1 * std::sqrt(digit));  // x² is a hundredth of a digit
      const auto verdict = [&](Minimum& candidate) {
        return check_candidate(candidate, reference, {.inputs = {x}, .precision = type})
            .cases.at(0)
            .verdict;
      };
      CHECK_MESSAGE(verdict(right) == Verdict::agree, to_string(type), " ", part);
      CHECK_MESSAGE(verdict(wrong) == Verdict::disagree, to_string(type), " ", part);
    }
  }
}

TEST_CASE("candidate: a factor common to all entries is named") {
  Tanh candidate;
  candidate.alter_dx = scale_all;
  const CaseReport report = compared(candidate, NumberType::bfloat16);
  REQUIRE(report.diagnosis.size() == 1);
  CHECK(report.diagnosis[0].pattern == "constant factor");
  CHECK(report.diagnosis[0].detail.find("times those of the reference") != std::string::npos);
}

TEST_CASE("candidate: the reference's own gradient is judged too") {
  Tanh candidate, reference;
  reference.alter_dw = candidate.alter_dw = scale_all;
  const Report report = check_candidate(candidate, reference, {.inputs = {point}});
  CHECK(report.cases[0].verdict == Verdict::disagree);
  REQUIRE(report.cases[0].findings.size() == 1);
  CHECK(
      report.cases[0].findings[0] ==
      "the reference's own gradient is wrong: w disagrees with the numeric one in 3 of 3 entries");
}

TEST_CASE("candidate: parameters are rounded during the check, and restored") {
  Tanh candidate, reference;
  candidate.w = reference.w = {0.1, 0.2, 0.3};
  const Report report =
      check_candidate(candidate, reference, {.inputs = {point}, .precision = NumberType::bfloat16});
  CHECK(report.agrees());
  CHECK(candidate.w == std::vector<double>{0.1, 0.2, 0.3});
  CHECK(reference.w == std::vector<double>{0.1, 0.2, 0.3});
}

TEST_CASE("candidate: other dropout masks in a second forward are named") {
  Tanh candidate;
  int calls = 0;
  candidate.alter_y = [&calls](std::vector<double>& y) {
    y[static_cast<std::size_t>(++calls) % 3] = 0;
  };
  const CaseReport report = compared(candidate, NumberType::float32);
  CHECK(report.verdict == Verdict::disagree);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].find("forward gives another result when it is called again") == 0);
}

TEST_CASE("candidate: NaN is no agreement") {
  Tanh candidate;
  candidate.alter_dw = [](std::vector<double>& dw) { dw[2] = std::nan(""); };
  CHECK(wrong(compared(candidate, NumberType::bfloat16)) == "w");
}

namespace {

/// L = Σ x² over rows, divided by how many there are if `mean`, by 4 if it counts on that.
struct Squares {
  double divisor = 0;  ///< 0: the rows
  std::vector<double> x{};
  double over() const { return divisor > 0 ? divisor : static_cast<double>(x.size()); }
  double forward(const std::vector<double>& given) {
    x = given;
    double sum = 0;
    for (const double value : x) {
      sum += value * value;
    }
    return sum / over();
  }
  std::vector<double> backward(double dy) {
    std::vector<double> dx = x;
    for (double& value : dx) {
      value *= 2 * dy / over();
    }
    return dx;
  }
};

CaseReport with_law(double divisor, BatchLaw law) {
  Squares candidate{divisor}, reference{divisor};
  const std::vector<double> x{0.5, -1.5, 2, 1, -0.25};
  return check_candidate(candidate, reference, {.inputs = {x}, .batch_law = law}).cases.at(0);
}

}  // namespace

TEST_CASE("candidate: a batch is the sum or the mean of its parts, as declared") {
  CHECK(with_law(1, BatchLaw::sum).verdict == Verdict::agree);
  CHECK(with_law(0, BatchLaw::mean).verdict == Verdict::agree);
  const CaseReport wrong_law = with_law(0, BatchLaw::sum);
  CHECK(wrong_law.verdict == Verdict::disagree);
  REQUIRE_FALSE(wrong_law.findings.empty());
  CHECK(wrong_law.findings[0].find("in parts of 2, 2 and 1 rows y is not that of the batch") == 0);
}

namespace {

/// y = x W + b.
struct Matrix {
  Tensor W, b;
  Tensor dW = W, db = b, x = {};

  Tensor forward(const Tensor& given) {
    x = given;
    Tensor y = zeros<double>({x.shape()[0], b.size()});
    each([&](std::size_t n, std::size_t i, std::size_t j) { y(n, j) += x(n, i) * W(i, j); });
    for (std::size_t k = 0; k < y.size(); ++k) {
      y.data()[k] += b.data()[k % b.size()];
    }
    return y;
  }
  Tensor backward(const Tensor& dy) {
    Tensor dx = zeros<double>(shape_of(x));
    dW = zeros<double>(shape_of(W));
    db = zeros<double>(shape_of(b));
    each([&](std::size_t n, std::size_t i, std::size_t j) {
      dx(n, i) += dy(n, j) * W(i, j);
      dW(i, j) += dy(n, j) * x(n, i);
    });
    for (std::size_t k = 0; k < dy.size(); ++k) {
      db.data()[k % b.size()] += dy.data()[k];
    }
    return dx;
  }
  auto parameters() { return std::vector{ParameterRef{"W", W, dW}, ParameterRef{"b", b, db}}; }

 private:
  template <class F>
  void each(F f) const {
    for (std::size_t n = 0; n < x.shape()[0]; ++n) {
      for (std::size_t i = 0; i < W.shape()[0]; ++i) {
        for (std::size_t j = 0; j < b.size(); ++j) {
          f(n, i, j);
        }
      }
    }
  }
};

Tensor some(const Shape& shape, std::uint64_t seed) { return random_normal(shape, 0, 1, seed); }

/// Two shards of a layer of 3 inputs and 5 outputs beside the whole.
CaseReport sharded(Matrix first, Matrix second, const ShardLayout& layout) {
  Matrix whole{some({3, 5}, 1), some({5}, 2)};
  const auto shards = std::make_shared<Shards>(
      "shards", std::vector<std::shared_ptr<UserLayer>>{user_layer(first), user_layer(second)},
      layout);
  return check_candidate(shards, user_layer(whole), {.inputs = {some({4, 3}, 3)}}).cases.at(0);
}

}  // namespace

TEST_CASE("candidate: shards that split the columns of a layer, or its rows, are the whole") {
  const ShardLayout columns{{{}}, {{1}}, {{"W", {1}}, {"b", {0}}}};
  CHECK(
      sharded({some({3, 3}, 4), some({3}, 5)}, {some({3, 2}, 6), some({2}, 7)}, columns).verdict ==
      Verdict::agree);
  // Of rows the products add up, and so do gradients of what both have.
  const ShardLayout rows{{{1}}, {{}}, {{"W", {0}}, {"b", {}}}};
  const CaseReport twice =
      sharded({some({2, 5}, 4), some({5}, 5)}, {some({1, 5}, 6), some({5}, 7)}, rows);
  CHECK(wrong(twice).find("y") == 0);  // each of them adds the bias
}

TEST_CASE("candidate: shards that make no whole are refused") {
  const Matrix one{some({3, 3}, 4), some({3}, 5)}, other{some({3, 2}, 6), some({2}, 7)};
  const auto refusal = [&](const ShardLayout& layout) {
    return sharded(one, other, layout).error.value_or(CaseError{}).message;
  };
  CHECK(refusal({{{}, {}}, {{1}}, {{"W", {1}}, {"b", {0}}}}) ==
        "shards: the layout has 2 inputs, expected 1");
  CHECK(refusal({{{}}, {}, {{"W", {1}}, {"b", {0}}}}) ==
        "shards: the layout has 0 outputs, expected 1");
  CHECK(refusal({{{}}, {{}}, {{"W", {1}}, {"b", {0}}}}) ==
        "shards: a shard's tensor has shape (4, 2), expected (4, 3), as the first one's");
  Matrix alone = one;
  const auto made = [&](std::vector<std::shared_ptr<UserLayer>> shards, ShardLayout layout) {
    return Shards("shards", std::move(shards), std::move(layout));
  };
  CHECK_THROWS_WITH_AS(made({user_layer(alone)}, {}), "shards: shards has <1>, expected at least 2",
                       ValueError);
  CHECK_THROWS_WITH_AS(made({user_layer(alone), user_layer(alone)}, {{{}}, {{1}}, {{"W", {1}}}}),
                       "shards: the layout has no sharding of b, expected one for each parameter",
                       ValueError);
}

TEST_CASE("candidate: what cannot be compared is an error") {
  Tanh candidate, reference;
  const auto error = [&](const CandidateOptions& options) {
    return check_candidate(candidate, reference, options).cases.at(0).error->message;
  };
  CHECK(error({}) == "Tanh: .inputs has no tensors, expected what forward is called with");
  CHECK(error({.inputs = {point}, .roundings = -1}) ==
        "Tanh: roundings has <-1>, expected a number of at least 1, or 0 to measure them");
  CHECK(error({.inputs = {point}, .batch_law = BatchLaw::weighted}) ==
        "Tanh: part_weight has <none>, expected what a part of the batch counts for");
  std::vector<double> other{1}, gradient{0};
  CHECK(error({.inputs = {point}, .parameters = {{"v", other, gradient}}}) ==
        "Tanh: parameter has <v>, expected one that the reference has: w");
}
