#include <doctest/doctest.h>

#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

/// y = slope · x W + b. What is wrong with it shows at some points only.
struct Affine {
  enum class Fault { none, mean_over_batch, forgets_slope };
  Fault fault = Fault::none;
  double slope = 1;
  Tensor W, b, dW, db, x;

  Affine(std::size_t in, std::size_t out, Fault which, double its_slope = 1)
      : fault(which), slope(its_slope), W(zeros<double>({in, out})), b(zeros<double>({out})) {}

  Tensor forward(const Tensor& input) {
    x = input;
    Tensor y = zeros<double>({x.shape()[0], b.size()});
    for (std::size_t n = 0; n < x.shape()[0]; ++n) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        y(n, j) = b(j);
        for (std::size_t i = 0; i < W.shape()[0]; ++i) {
          y(n, j) += slope * x(n, i) * W(i, j);
        }
      }
    }
    return y;
  }

  Tensor backward(const Tensor& dy) {
    const std::size_t rows = x.shape()[0];
    const double share = fault == Fault::mean_over_batch ? 1.0 / static_cast<double>(rows) : 1;
    const double factor = fault == Fault::forgets_slope ? 1 : slope;
    Tensor dx = zeros<double>(shape_of(x));
    dW = zeros<double>(shape_of(W));
    db = zeros<double>(shape_of(b));
    for (std::size_t n = 0; n < rows; ++n) {
      for (std::size_t j = 0; j < b.size(); ++j) {
        db(j) += share * dy(n, j);
        for (std::size_t i = 0; i < W.shape()[0]; ++i) {
          dW(i, j) += factor * x(n, i) * dy(n, j);
          dx(n, i) += slope * dy(n, j) * W(i, j);
        }
      }
    }
    return dx;
  }

  std::vector<ParameterRef> parameters() { return {{"W", W, dW}, {"b", b, db}}; }
};

/// Logarithm, of positive numbers.
struct Log {
  Tensor forward(const Tensor& x) const {
    for (const double each : x) {
      if (!(each > 0)) {
        throw std::domain_error("logarithm of " + std::to_string(each));
      }
    }
    return xt::log(x);
  }
  Tensor backward(const Tensor& dy, const Tensor& x) const { return dy / x; }
};

/// Rows of a table; a wrong backward assigns where an index repeats.
struct Lookup {
  bool assigns = false;
  Tensor table, dtable;
  std::vector<int> index;
  Lookup(std::size_t count, bool wrong) : assigns(wrong), table(zeros<double>({count, 3})) {}
  Tensor forward(const std::vector<int>& which) {
    index = which;
    Tensor y = zeros<double>({which.size(), 3});
    for (std::size_t n = 0; n < which.size(); ++n) {
      for (std::size_t j = 0; j < 3; ++j) {
        y(n, j) = table(static_cast<std::size_t>(which[n]), j);
      }
    }
    return y;
  }
  void backward(const Tensor& dy) {
    dtable = zeros<double>(shape_of(table));
    for (std::size_t n = 0; n < index.size(); ++n) {
      for (std::size_t j = 0; j < 3; ++j) {
        double& entry = dtable(static_cast<std::size_t>(index[n]), j);
        entry = (assigns ? 0 : entry) + dy(n, j);
      }
    }
  }
  auto parameters() { return std::tie(table, dtable); }
};

Report affine_report(Affine::Fault fault, PointOptions options = {}) {
  options.inputs = {{"x", {"N", "in"}}};
  options.sizes["out"] = {5, 3, 7};
  return check_points(
      [=](const LayerPoint& point) {
        return Affine(point["in"], point["out"], fault,
                      point.settings.contains("slope") ? point.setting("slope") : 1);
      },
      options);
}

/// The note with the smallest failing point; "" if there is none.
std::string smallest(const Report& report) {
  for (const CaseReport& one : report.cases) {
    for (const std::string& note : one.notes) {
      if (note.starts_with("the smallest point")) {
        return note;
      }
    }
  }
  return "";
}

}  // namespace

TEST_CASE("points: a right layer agrees at all of them, with batches of 1, 3 and 5") {
  const Report report = affine_report(Affine::Fault::none);
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(report.cases.size() == 8);
  const PointSpace space{{{"x", {"N", "in"}}}, {}, {{"out", {5, 3, 7}}}};
  std::map<std::size_t, int> batches;
  for (const LayerPoint& point : points_of(space, 0)) {
    ++batches[point["N"]];
    CHECK(point["in"] % 2 == 1);
  }
  CHECK(batches == std::map<std::size_t, int>{{1, 1}, {3, 3}, {5, 4}});
}

TEST_CASE("points: an average over the batch shows wherever the batch is not one") {
  const Report report = affine_report(Affine::Fault::mean_over_batch);
  CHECK(report.totals().disagree == 7);
  CHECK(report.cases[1].verdict == Verdict::agree);
  CHECK(report.cases[1].title.starts_with("a batch of one"));
}

TEST_CASE("points: the first failing one is made as small as it still fails, and printed") {
  const std::string text = smallest(affine_report(Affine::Fault::mean_over_batch));
  INFO(text);
  for (const char* line :
       {"point.sizes[\"N\"] = 2;\n", "point.sizes[\"in\"] = 1;\n", "point.sizes[\"out\"] = 3;\n",
        "point.values[\"x\"] = tensor_of({2, 1}, std::vector<double>{0, 0});\n",
        "point.values[\"b\"] = tensor_of({3}, std::vector<double>{0, 0, 0});\n"}) {
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("points: a printed point fails again") {
  PointOptions options;
  options.inputs = {{"x", {"N", "in"}}};
  LayerPoint point;
  point.sizes = {{"N", 2}, {"in", 1}, {"out", 3}};
  point.values["x"] = tensor_of({2, 1}, std::vector<double>{0, 0});
  const auto make = [](Affine::Fault fault) {
    return [=](const LayerPoint& at) { return Affine(at["in"], at["out"], fault); };
  };
  CHECK(check_at(make(Affine::Fault::none), point, options).agrees());
  CHECK_FALSE(check_at(make(Affine::Fault::mean_over_batch), point, options).agrees());
}

TEST_CASE("points: settings are off their neutral values") {
  PointOptions options;
  options.settings["slope"] = {1, 0.3, -2};
  CHECK(affine_report(Affine::Fault::none, options).agrees());
  CHECK(affine_report(Affine::Fault::forgets_slope).agrees());
  CHECK_FALSE(affine_report(Affine::Fault::forgets_slope, options).agrees());
}

TEST_CASE("points: a domain is kept to, and points that the layer refuses are left out") {
  const auto make = [](const LayerPoint&) { return Log{}; };
  const Report inside = check_points(
      make, {.inputs = {{"x", {"N", 3}, 0.01, std::numeric_limits<double>::infinity()}}});
  REQUIRE_MESSAGE(inside.agrees(), inside);
  CHECK(inside.cases.size() == 8);
  CHECK(inside.cases[0].notes.empty());
  const Report refused = check_points(make, {.inputs = {{"x", {"N", 3}}}});
  CHECK(refused.cases[0].verdict == Verdict::error);
  CHECK(refused.cases[0].error->message.find("Log: forward threw 'logarithm of") !=
        std::string::npos);
}

TEST_CASE("points: indices repeat") {
  const auto report = [](bool wrong) {
    PointOptions options;
    options.inputs = {{.name = "index", .extents = {"N"}, .labels_below = "count"}};
    return check_points([=](const LayerPoint& point) { return Lookup(point["count"], wrong); },
                        options);
  };
  CHECK_MESSAGE(report(false).agrees(), report(false));
  CHECK_FALSE(report(true).agrees());
}
