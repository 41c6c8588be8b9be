#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <defects/corpus.hpp>
#include <defects/examine.hpp>
#include <doctest/doctest.h>

#include <gradcheck/layers/library.hpp>

using namespace gradcheck;
using namespace gradcheck::defects;

namespace {

/// A defect must move an entry by more than rtol = 1e-7 grants it; one that rounds to float32 moves
/// it by 6e-8 at most, and is to be seen all the same.
constexpr double visible = 1.5e-7;
constexpr double visible_rounding = 1e-8;

std::size_t planted() {
  std::size_t count = 0;
  for (const Specimen& specimen : corpus()) {
    count += specimen.defects.size();
  }
  return count;
}

}  // namespace

TEST_CASE("corpus: it has 150 defects and 60 tricky points at least, and a defect at each point") {
  CHECK(planted() >= 150);
  CHECK(std::ranges::count_if(corpus(), &Specimen::tricky) >= 60);
  for (const Specimen& specimen : corpus()) {
    CHECK_MESSAGE(!specimen.defects.empty(), specimen.name);
  }
}

TEST_CASE("corpus: every name is there once") {
  std::set<std::string> names;
  for (const Specimen& specimen : corpus()) {
    CHECK_MESSAGE(names.insert(specimen.name).second, specimen.name);
    for (const Defect& defect : specimen.defects) {
      const std::string name = name_of(specimen, defect);
      CHECK_MESSAGE(names.insert(name).second, name);
    }
  }
}

TEST_CASE("corpus: every layer that has a backward has two defects at least") {
  std::map<std::string, int> count;
  for (const Specimen& specimen : corpus()) {
    for (const Defect& defect : specimen.defects) {
      ++count[defect.uses.layer];
    }
  }
  for (const LayerType& type : standard_layers().types()) {
    // Constants have none: of their tensors, too, nothing but labels is accepted.
    CHECK_MESSAGE((type.group == "constant" || count[type.name] >= 2), type.name);
  }
  CHECK(count["slice"] >= 2);
}

TEST_CASE("corpus: every defect changes an entry by more than the tolerance") {
  for (const std::uint64_t seed : {0, 1}) {
    for (const Specimen& specimen : corpus()) {
      for (const Defect& defect : specimen.defects) {
        const double change = visible_change(specimen, defect, seed);
        const double least = defect.kind == "float32 inside" ? visible_rounding : visible;
        CHECK_MESSAGE((defect.open || change > least), name_of(specimen, defect), ", seed ", seed,
                      ": ", change);
      }
    }
  }
}

TEST_CASE("corpus: a gradient of 1e-12 beside a sum of 1 is judged rightly at many seeds") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const Examination& examination : examine_all(seed, "gradients of 1e-12 in a network")) {
      CHECK_MESSAGE(examination.good(), examination.name, ", seed ", seed);
    }
  }
}
