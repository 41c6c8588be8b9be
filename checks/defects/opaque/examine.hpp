#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <defects/opaque/attainable.hpp>
#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

/// What trying the cure that an inconclusive report names came to.
enum class Cure { none_needed, none_named, works, fails };

/// The bound of an entry that agrees is 0.5 % of it at most: an error of 1 % never agrees.
inline constexpr double never_agreeing = 0.009;

/// What the engine made of one layer at one point.
struct Examination {
  std::string name;  ///< "1 - cos(x), float32 / sign"; of a right one without the error
  std::string group;
  Fault fault;  ///< none: the layer is right
  Verdict verdict = Verdict::error;
  bool attainable = false;  ///< some finite difference settles every entry of this point
  double change = 0;        ///< see visible_change
  Cure cure = Cure::none_needed;
  std::uint64_t calls = 0;
  std::size_t entries = 0;
  std::string reason;  ///< the first that the report gives

  bool right() const { return fault.empty(); }
  bool visible() const { return change > 0; }
  /// A right layer called wrong (or refused), or a wrong one that agrees though its error is beyond
  /// what the bound of an agreeing entry may hide.
  bool failure() const;
};

/// The right layer and all its planted errors at the point of that seed.
std::vector<Examination> examine(const Specimen& specimen, std::uint64_t point,
                                 const CheckOptions& options, bool try_cures);

/// Those that hold the whole name or, with no such one, every specimen with that part of a name.
std::vector<Specimen> chosen(const std::string& filter);

}  // namespace gradcheck::defects::opaque
