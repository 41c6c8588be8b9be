#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <defects/opaque/faults.hpp>

namespace gradcheck::defects::opaque {

/// A tensor that a layer is given.
struct Given {
  std::string name;
  Shape shape;
  Draw draw;
};

/// How a specimen is handed to gradcheck: check_layer; check_function, of one input and no
/// parameters; check_points, for such layers that take any shape of that rank.
enum class Way { layer, function, points };

/// A layer that is known from outside alone, right, with the errors that are planted in it.
struct Specimen {
  std::string name;  ///< unique in the corpus
  std::string group;
  Precision precision = Precision::float64;  ///< of its tensors
  Body body{};
  std::vector<Given> given{};  ///< inputs, then parameters
  std::size_t inputs = 1;
  bool several_outputs = false;
  /// Its points lie on kinks or ties: what is attainable is measured a little off them.
  bool kinked = false;
  std::vector<Fault> faults{};
  Way way = Way::layer;
};

/// Specimens are listed without precision; this makes the one in double, or in float.
Specimen in_float64(Specimen specimen);
Specimen in_float32(Specimen specimen);

/// Its tensors at a random point; those of a float32 layer are numbers of float32.
Arrays<double> point_of(const Specimen& specimen, std::uint64_t seed);

/// FNV-1a: the same on every machine, unlike std::hash.
std::uint64_t hash_of(const std::string& text);

/// Numbers between low and high, of either sign if `both`.
Draw within(double low, double high, bool both = false);
/// Their logarithms are uniform: 0 < low < high.
Draw decades(double low, double high, bool both = false);
/// These numbers first, then as the other says.
Draw starting(std::vector<double> first, Draw rest = within(0.5, 2, true));
/// The same numbers each time, in random order.
Draw shuffled(std::vector<double> numbers);
/// c + the other's.
Draw about(double centre, Draw rest);

/// A layer of one input that works entry by entry, in both precisions.
template <class Kernel>
void add(std::vector<Specimen>& list, const std::string& group, const std::string& name,
         const Kernel& kernel, Draw float64, Draw float32, std::size_t entries = 4) {
  Specimen specimen{name, group};
  specimen.body = body_of(kernel);
  specimen.faults = elementwise_faults();
  specimen.given = {{"x", {entries}, std::move(float64)}};
  list.push_back(in_float64(specimen));
  specimen.given[0].draw = std::move(float32);
  list.push_back(in_float32(specimen));
}

/// What a check came to.
struct Outcome {
  Verdict verdict = Verdict::agree;  ///< of the gravest case
  Report report;
  std::uint64_t calls = 0;  ///< of forward
  std::size_t entries = 0;  ///< of inputs and parameters, as at the point, of all cases
};

/// The layer checked through the public interface, at the point unless gradcheck chooses its own.
Outcome check_specimen(const Specimen& specimen, const Arrays<double>& point, const Fault& fault,
                       const CheckOptions& options);

}  // namespace gradcheck::defects::opaque
