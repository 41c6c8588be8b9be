#include <functional>

#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

const Tensor point = random_normal({4, 3}, 0, 1, 7);

/// y = x w (entry by entry) over rows; a right layer whose parts can be made bad.
struct Scale {
  Tensor w = random_normal({3}, 0, 1, 9), dw = zeros<double>({3});
  Tensor x;
  Tensor forward(const Tensor& input) {
    x = input;
    return x * w;
  }
  Tensor backward(const Tensor& dy) {
    dw = xt::sum(dy * x, {0});
    return dy * w;
  }
  auto parameters() { return std::pair<Tensor&, Tensor&>(w, dw); }
};

Report report_of_layer(auto&& layer, LayerOptions options = {}) {
  options.inputs = {point};
  return check_layer(layer, options);
}

/// What the layer is accused of beside its gradients; "" for nothing.
std::string finding(auto&& layer, LayerOptions options = {}) {
  const Report report = report_of_layer(layer, std::move(options));
  const CaseReport& one = report.cases.at(0);
  CHECK((one.findings.empty() || one.verdict == Verdict::disagree));
  return one.findings.empty() ? one.error ? one.error->message : "" : one.findings[0];
}

bool noted(const Report& report, const std::string& text) {
  for (const std::string& note : report.cases.at(0).notes) {
    if (note.find(text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

struct WritesInput : Scale {
  Tensor forward(Tensor& input) {
    const Tensor y = Scale::forward(input);
    input(0, 0) = 0;
    return y;
  }
};

struct WritesUpstream : Scale {
  Tensor backward(Tensor& dy) {
    const Tensor dx = Scale::backward(dy);
    dy *= w;
    return dx;
  }
};

struct WritesParameter : Scale {
  Tensor backward(const Tensor& dy) {
    const Tensor dx = Scale::backward(dy);
    w -= 0.1 * dw;
    return dx;
  }
};

struct Forgets : Scale {
  Tensor backward(const Tensor& dy) {
    const Tensor kept = dw;
    const Tensor dx = Scale::backward(dy);
    dw(2) = kept(2);
    return dx;
  }
};

struct Adds : Scale {
  Tensor backward(const Tensor& dy) {
    const Tensor before = dw;
    const Tensor dx = Scale::backward(dy);
    dw += before;
    return dx;
  }
};

struct KeepsFirstInput : Scale {
  bool called = false;
  Tensor forward(const Tensor& input) {
    const Tensor first = x;
    const Tensor y = Scale::forward(input);
    x = called ? first : x;
    called = true;
    return y;
  }
};

struct SpoilsCache : Scale {
  Tensor backward(const Tensor& dy) {
    const Tensor dx = Scale::backward(dy);
    x *= 2;
    return dx;
  }
};

struct BackwardOnce : Scale {
  Tensor backward(const Tensor& dy) {
    const Tensor dx = Scale::backward(dy);
    x = zeros<double>({0, 3});
    return dx;
  }
};

struct Dropout {
  std::uint64_t seed = 0;
  Tensor mask;
  Tensor forward(const Tensor& x) {
    mask = xt::cast<double>(random_uniform(shape_of(x), 0, 1, ++seed) > 0.5) * 2;
    return x * mask;
  }
  Tensor backward(const Tensor& dy) { return dy * mask; }
};

/// Results that change from run to run by a share of themselves.
struct Noisy : Scale {
  double noise;
  double factor = 1;  ///< of the gradient of w
  std::uint64_t runs = 0;
  explicit Noisy(double its_noise) : noise(its_noise) {}
  Tensor shaken(const Tensor& t) {
    return t * (1 + random_uniform(shape_of(t), -noise, noise, ++runs));
  }
  Tensor forward(const Tensor& input) { return shaken(Scale::forward(input)); }
  Tensor backward(const Tensor& dy) {
    const Tensor dx = Scale::backward(dy);
    dw = factor * shaken(dw);
    return shaken(dx);
  }
};

/// Rows less their mean over the batch.
struct Centred {
  Tensor forward(const Tensor& x) const { return x - xt::mean(x, {0}); }
  Tensor backward(const Tensor& dy) const { return dy - xt::mean(dy, {0}); }
};

/// Straight through: rounds, and passes gradients on as if it did not.
struct Clipped {
  Tensor forward(const Tensor& x) const { return 3 * x; }
  Tensor backward(const Tensor& dy) const { return dy; }
};

/// What it returns is a view of what it was given.
struct Identity {
  TensorView<double> forward(TensorView<double> x) const { return x; }
  TensorView<double> backward(TensorView<double> dy) const { return dy; }
};

}  // namespace

TEST_CASE("contract checks: a right layer is accused of nothing, whether it assigns or adds") {
  CHECK(report_of_layer(Scale{}).agrees());
  CHECK(report_of_layer(Scale{}, {.contract = BackwardContract::assigns}).agrees());
  CHECK(report_of_layer(Scale{}, {.independent_rows = true}).agrees());
  CHECK(report_of_layer(Adds{}).agrees());
  CHECK(report_of_layer(Adds{}, {.contract = BackwardContract::adds}).agrees());
  CHECK(report_of_layer(Scale{}).cases[0].notes.empty());
}

TEST_CASE("contract checks: inputs, upstream and parameters must be left as they are") {
  CHECK(contains(finding(WritesInput{}), "forward writes to its input"));
  CHECK(contains(finding(WritesUpstream{}), "backward writes to its upstream"));
  CHECK(contains(finding(WritesParameter{}), "changes the parameter p0"));
}

TEST_CASE("contract checks: the gradient of a parameter is written in every entry") {
  CHECK(contains(finding(Forgets{}),
                 "does not write 1 of 3 entries of the gradient of p0, such "
                 "as p0[2]"));
}

TEST_CASE(
    "contract checks: what backward declares of the gradients that it finds is held against it") {
  CHECK(contains(finding(Adds{}, {.contract = BackwardContract::assigns}),
                 "adds to the gradient of p0, declared to assign it"));
  CHECK(contains(finding(Scale{}, {.contract = BackwardContract::adds}),
                 "assigns the gradient of p0, declared to add to it"));
}

TEST_CASE("contract checks: nothing of an earlier forward may be left") {
  CHECK(contains(finding(KeepsFirstInput{}), "it keeps something of an earlier call"));
}

TEST_CASE(
    "contract checks: backward twice on one forward gives the same, or is noted to be impossible") {
  CHECK(contains(finding(SpoilsCache{}), "backward called twice on one forward"));
  const Report once = report_of_layer(BackwardOnce{});
  CHECK_MESSAGE(once.agrees(), once);
  CHECK(noted(once, "backward cannot be called twice on one forward"));
}

TEST_CASE("contract checks: what is random must be frozen, and then is checked") {
  Dropout layer;
  CHECK(contains(finding(layer), "freeze or seed what is random"));
  const Report frozen = report_of_layer(layer, {.before_forward = [&] { layer.seed = 5; }});
  CHECK_MESSAGE(frozen.agrees(), frozen);
}

TEST_CASE("contract checks: noise as of sums in another order is measured, and is no error") {
  for (const double noise : {0x1p-50, 1e-12, 4e-12}) {
    const Report report = report_of_layer(Noisy{noise});
    CHECK_MESSAGE(report.agrees(), report);
    CHECK(noted(report, "of the largest entry, which is taken for noise"));
  }
  Noisy wrong{1e-12};
  wrong.factor = 1.001;
  CHECK_FALSE(report_of_layer(wrong).agrees());
  CHECK(contains(finding(Noisy{4e-11}), "the same calls again give another result"));
}

TEST_CASE("contract checks: rows that are claimed to be independent are taken apart") {
  CHECK(report_of_layer(Centred{}).agrees());
  CHECK(contains(finding(Centred{}, {.independent_rows = true}), "rows are not independent"));
}

TEST_CASE("contract checks: a deviation that is declared is told and does not fail") {
  CHECK_FALSE(report_of_layer(Clipped{}).agrees());
  const Report report =
      report_of_layer(Clipped{}, {.intended_deviation = "passed straight through"});
  CHECK_MESSAGE(report.agrees(), report);
  CHECK(noted(report, "x deviates from the numeric gradient in 12 of 12 entries, by up to 0.67"));
  CHECK(noted(report, "as declared: passed straight through"));
}

TEST_CASE("contract checks: results that lie in others' memory are noted") {
  const Report report = report_of_layer(Identity{});
  CHECK_MESSAGE(report.agrees(), report);
  CHECK(noted(report, "forward's result 0 lies in the memory of its input"));
  CHECK(noted(report, "backward's result 0 lies in the memory of its upstream"));
}

TEST_CASE("contract checks: it can be left out") {
  CHECK(report_of_layer(WritesUpstream{}, {.hygiene = false}).agrees());
}

TEST_CASE("contract checks: what breaks a contract is shown in every report") {
  const Report report = report_of_layer(WritesInput{});
  const std::string text = "forward writes to its input, expected it unchanged";
  CHECK(contains(to_text(report, {}), "wrong       " + text));
  CHECK(contains(to_json(report), text));
  CHECK(contains(to_junit(report, false), text));
}
