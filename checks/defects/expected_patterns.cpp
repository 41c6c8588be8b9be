#include <map>

#include <defects/diagnoses.hpp>

namespace gradcheck::defects {

namespace {

/// Patterns of mistakes that are written out where they are planted, and of those whose alteration
/// means something else at their point.
const std::map<std::string, std::string>& patterns_by_name() {
  static const std::string missing = "missing fan-out", inverted = "mask inverted",
                           ignored = "mask ignored", value = "derivative at the wrong value",
                           incomplete = "derivative incomplete",
                           no_derivative = "derivative missing", some = "some entries",
                           transposed = "transposed";
  static const std::map<std::string, std::string> patterns{
      {"l1 / l1: zero", missing},
      {"l2 / l2: zero", missing},
      {"stop_gradient / stop_gradient: zero, held in backward alone", missing},
      {"x log x near 0 / multiply: missing term", missing},
      {"relu / relu: inverted mask", inverted},
      {"leaky_relu / leaky_relu: wrong branch", inverted},
      {"maximum / maximum: inverted mask", inverted},
      {"where / where: inverted mask", inverted},
      {"where at its threshold / where: inverted mask", inverted},
      {"clip / clip: inverted mask", inverted},
      {"inverted dropout / where: inverted mask", inverted},
      {"relu / relu: ignored mask", ignored},
      {"22 relu layers / relu: ignored mask", ignored},
      {"relu of scores just off 0 / relu: ignored mask", ignored},
      {"clip / clip: ignored mask", ignored},
      {"clip at its bounds / clip: wrong branch", ignored},
      {"minimum / minimum: ignored mask", ignored},
      {"where / where: ignored mask", ignored},
      {"maximum / maximum: ties, to both everywhere", ignored},
      {"max / max: ties, to every member", ignored},
      {"min / min: ties, to every member", ignored},
      {"sigmoid / sigmoid: wrong argument", value},
      {"tanh / tanh: wrong argument", value},
      {"exp / exp: wrong argument", value},
      {"sqrt / sqrt: wrong argument", value},
      {"sin / sin: wrong argument", value},
      {"exp(sin(30x)) / exp: wrong argument", value},
      {"a masked half / exp: wrong argument", value},
      {"sigmoid / sigmoid: missing factor", incomplete},
      {"two affine layers / sigmoid: missing factor", incomplete},
      {"sigmoid under binary_cross_entropy / sigmoid: missing factor", incomplete},
      {"20 sigmoid layers with large weights / sigmoid: missing factor", incomplete},
      {"a steep sigmoid / sigmoid: missing factor", incomplete},
      {"tanh / tanh: wrong constant", incomplete},
      {"greater / greater: straight through", no_derivative},
      {"greater_equal / greater_equal: straight through", no_derivative},
      {"less / less: straight through", no_derivative},
      {"less_equal / less_equal: straight through", no_derivative},
      {"equal / equal: straight through", no_derivative},
      {"not_equal / not_equal: straight through", no_derivative},
      {"log_softmax / log_softmax: missing term", no_derivative},
      {"cube / power: wrong argument", some},
      {"square / square: sign", some},
      {"leaky_relu / leaky_relu: wrong constant", some},
      {"selu / selu: missing factor", some},
      {"selu / selu: missing factor, alpha", some},
      {"elu / elu: wrong argument", some},
      {"relu at 0 / relu: wrong branch, 2 at 0", some},
      {"relu at 0 / relu: sign, -0.5 at 0", some},
      {"leaky_relu at 0 / leaky_relu: wrong branch, 0 at 0", some},
      {"elu at 0, alpha 1 / elu: wrong branch, 0 at 0", some},
      {"abs at 0 / abs: wrong branch, 1.5 at 0", some},
      {"transpose / transpose: transpose", transposed},
      {"transpose of three axes / transpose: transpose", transposed},
      {"weights and their transpose / transpose: transpose", transposed},
      {"flatten / flatten: wrong argument", "entries permuted"},
  };
  return patterns;
}

}  // namespace

std::string expected_pattern(const Specimen& specimen, const Defect& defect) {
  const auto found = patterns_by_name().find(name_of(specimen, defect));
  if (found != patterns_by_name().end()) {
    return found->second;
  }
  const std::string& pattern = defect.alteration.pattern();
  return defect.kind == "missing fan-out" && pattern == "zero" ? "missing fan-out" : pattern;
}

}  // namespace gradcheck::defects
