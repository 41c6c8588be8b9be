#include <defects/corpus.hpp>
#include <defects/diagnoses.hpp>
#include <doctest/doctest.h>

using namespace gradcheck::defects;

TEST_CASE("diagnoses: of the defects found, the layer and the pattern are right often enough") {
  const DiagnosisFigures figures = figures_of(diagnose_all(0));
  CHECK(figures.found >= (whole_corpora ? 500 : 130));
  CHECK(figures.patterned >= (whole_corpora ? 400 : 100));
  CHECK(100 * figures.layers >= 95 * figures.found);
  CHECK(100 * figures.patterns >= 90 * figures.patterned);
  CHECK(figures.in_spite == 0);
}
