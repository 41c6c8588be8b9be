#include <doctest/doctest.h>
#include <report/sample_report.hpp>

#include <gradcheck/report/explain.hpp>

using namespace gradcheck;

namespace {

Explanation sample_explanation() {
  ExplainedValue given;
  given.name = "t";
  given.role = "constant";
  given.value = scalar(3.0);
  given.no_gradient = "nothing is differentiated by a constant";
  ExplainedValue z;
  z.name = "z";
  z.role = "intermediate";
  z.statement = "z = x @ W";
  z.value = full<double>({2}, 0.5);
  z.has_gradient = true;
  z.gradient.analytic = full<double>({2}, 13);
  z.gradient.numeric = full<double>({2}, 13);
  z.gradient.numeric(1) = -13;
  z.gradient.bound = full<double>({2}, 3e-12);
  z.gradient.verdicts = {Verdict::agree, Verdict::disagree};
  Explanation out;
  out.report = sample::good_case();
  out.report.claims = {sample::stale_claim()};
  out.report.derivation = {sample::derivation()[0]};
  out.loss = "L";
  out.values = {given, z};
  return out;
}

}  // namespace

TEST_CASE("explain: values, both gradients, every verdict, claims and derivation are shown") {
  const std::string text = explanation_of(sample_explanation(), {});
  const std::string wanted =
      R"(t    constant ()
  3
  no gradient: nothing is differentiated by a constant

z = x @ W    intermediate (2,)
  0.5  0.5
  gradient dL/dz
  entry  analytic  numeric  relative error    bound  verdict
  z[0]         13       13               0  3.0e-12  agree
  z[1]         13      -13         2.0e+00  3.0e-12  disagree

claim          entries  right  verdict
forward.z3[0]        1      1  right

derivation    relative error  verdict
dz3 = z3 - t               0  agree

agree         cases/000/two_layers
  title       Two affine layers
  source      a textbook, p. 12
  stale       cases/000/two_layers.toml:25:1: forward.z3[0] is listed under
              [errata], but it is right
)";
  CHECK(text == wanted);
}

TEST_CASE("explain: a case that could not be checked shows its error alone") {
  Explanation explanation;
  explanation.report = sample::broken_case();
  CHECK(explanation_of(explanation, {}) + "\n" == text_of(sample::broken_case(), {}, true));
}

TEST_CASE("explain: a Jacobian is shown entry by entry") {
  Explanation explanation;
  explanation.report = sample::good_case();
  const Tensor entries{{2, 0}, {0, 2}};
  const Comparison compared{entries, entries, zeros<double>({2, 2}),
                            std::vector<Verdict>(4, Verdict::agree)};
  explanation.jacobians = {{"y", "x", {2}, {2}, compared}};
  const std::string wanted =
      R"(dy/dx    Jacobian (2, 2)
  entry      analytic  numeric  relative error  bound  verdict
  y[0]/x[0]         2        2               0      0  agree
  y[0]/x[1]         0        0               0      0  agree
  y[1]/x[0]         0        0               0      0  agree
  y[1]/x[1]         2        2               0      0  agree
)";
  CHECK(explanation_of(explanation, {}).substr(0, wanted.size()) == wanted);
}

TEST_CASE("explain: an unresolved entry has relative error 0") {
  Explanation explanation = sample_explanation();
  explanation.values[1].gradient.analytic = zeros<double>({2});
  explanation.values[1].gradient.numeric = full<double>({2}, 1e-12);
  const std::string text = explanation_of(explanation, {});
  CHECK(text.find("z[0]          0    1e-12               0  3.0e-12  agree") != std::string::npos);
}
