#include <gradcheck/layers/pointwise_losses.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

template <class F>
LayerType loss(std::vector<std::string> aliases, std::vector<std::string> tensors,
               std::vector<SettingType> settings, const char* formula, const char* gradients,
               std::function<F(const Settings&)> term) {
  const std::string name(F::name);
  settings.push_back(reduction_type("mean"));
  return {.name = name,
          .group = "loss",
          .aliases = std::move(aliases),
          .tensors = tensors,
          .settings = std::move(settings),
          .formula = formula,
          .gradients = gradients,
          .shapes = tensors[0] + " and t of one shape, L (), or that shape for \"none\"",
          .make = [name, term](const Settings& given) {
            return make_layer(name, PointwiseLoss<F>{term(given), reduction_setting(given)});
          }};
}

double checked(const char* where, const char* name, double value, bool holds, const char* wanted) {
  if (!holds) {
    throw_value(where, name, number_text(value), wanted);
  }
  return value;
}

HuberTerm<false> huber_term(const Settings& settings) {
  const double delta = number_setting(settings, "delta");
  return {checked("huber", "delta", delta, delta > 0, "a positive number")};
}

HuberTerm<true> smooth_l1_term(const Settings& settings) {
  const double beta = number_setting(settings, "beta");
  return {checked("smooth_l1", "beta", beta, beta >= 0, "a number from 0 up")};
}

PoissonTerm poisson_term(const Settings& settings) {
  const double eps = number_setting(settings, "eps");
  return {boolean_setting(settings, "log_input"), boolean_setting(settings, "full"),
          checked("poisson_nll", "eps", eps, eps >= 0, "a number from 0 up")};
}

FocalTerm focal_term(const Settings& settings) {
  const double gamma = number_setting(settings, "gamma");
  const double alpha = number_setting(settings, "alpha");
  return {checked("focal", "alpha", alpha, alpha <= 1, "a number up to 1"),
          checked("focal", "gamma", gamma, gamma >= 0, "a number from 0 up")};
}

}  // namespace

void add_pointwise_losses(LayerLibrary& library) {
  library.add(loss<HuberTerm<false>>(
      {"huber_loss"}, {"y", "t"}, {{"delta", Kind::number, 1.0}},
      "L = (1/n) Σ f, f = ½ d² where |d| ≤ δ, else δ (|d| − ½ δ), d = y − t, δ = delta",
      "dy = dL d / n where |d| ≤ δ, else dL δ sign(d) / n; dt = −dy", huber_term));
  library.add(loss<HuberTerm<true>>(
      {"smooth_l1_loss"}, {"y", "t"}, {{"beta", Kind::number, 1.0}},
      "L = (1/n) Σ f, f = ½ d² / β where |d| ≤ β, else |d| − ½ β, d = y − t, β = beta",
      "dy = dL d / (β n) where |d| ≤ β, else dL sign(d) / n; dt = −dy", smooth_l1_term));
  LayerType divergence = loss<KullbackLeiblerTerm>(
      {"kl_div"}, {"x", "t"}, {{"log_target", Kind::boolean, false}},
      "L = (1/n) Σ t (ln t − x), x = ln q; e^t (t − x) for log_target=true; divided by the first "
      "extent for \"batchmean\"",
      "dx = −dL t / n, dt = dL (ln t + 1 − x) / n", [](const Settings& settings) {
        return KullbackLeiblerTerm(boolean_setting(settings, "log_target"));
      });
  divergence.settings.back().words.emplace_back("batchmean");
  library.add(std::move(divergence));
  library.add(loss<HingeTerm>(
      {}, {"y", "t"}, {{"margin", Kind::number, 1.0}}, "L = (1/n) Σ max(0, margin − t y), t = ±1",
      "dy = −dL t / n and dt = −dL y / n where margin − t y > 0, else 0",
      [](const Settings& settings) { return HingeTerm{number_setting(settings, "margin")}; }));
  library.add(loss<PoissonTerm>(
      {"poisson_nll_loss"}, {"x", "t"},
      {{"log_input", Kind::boolean, true},
       {"full", Kind::boolean, false},
       {"eps", Kind::number, 1e-8}},
      "L = (1/n) Σ e^x − t x; x − t ln(x + eps) for log_input=false; t ln t − t + ½ ln(2π t) more "
      "where t > 1 for full=true",
      "dx = dL (e^x − t) / n, or dL (1 − t / (x + eps)) / n; t is held constant", poisson_term));
  library.add(loss<FocalTerm>(
      {"sigmoid_focal_loss"}, {"z", "t"},
      {{"alpha", Kind::number, 0.25}, {"gamma", Kind::number, 2.0}},
      "L = (1/n) Σ a (1 − p)^γ (−ln p), p = σ((2t − 1) z) the probability of the label t = 0 or 1, "
      "γ = gamma, a = alpha where t = 1, else 1 − alpha; 1 for alpha < 0",
      "dz = dL (1 − 2t) a q^γ (γ p (−ln p) + q) / n, q = 1 − p; t is held constant", focal_term));
}

}  // namespace gradcheck
