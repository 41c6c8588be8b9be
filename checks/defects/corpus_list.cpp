#include <iterator>
#include <set>
#include <utility>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

std::vector<Specimen> collect() {
  std::vector<Specimen> all;
  for (const auto family :
       {elementwise_specimens, activation_specimens, linear_specimens,     reduction_specimens,
        selection_specimens,   shaping_specimens,    spatial_specimens,    normalisation_specimens,
        sequence_specimens,    loss_specimens,       elementary_specimens, piecewise_specimens,
        statistics_specimens,  indexing_specimens,   more_loss_specimens,  kink_specimens,
        tie_specimens,         scale_specimens,      saturation_specimens, curvature_specimens,
        structure_specimens,   float32_specimens}) {
    std::vector<Specimen> some = family();
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

std::vector<Specimen> sampled(std::vector<Specimen> specimens) {
  std::set<std::pair<std::string, std::string>> kinds;
  std::set<std::string> layers;
  for (Specimen& specimen : specimens) {
    std::erase_if(specimen.defects, [&](const Defect& defect) {
      const bool new_kind = kinds.emplace(specimen.group, defect.kind).second;
      const bool new_layer = layers.insert(defect.uses.layer).second;
      return !new_kind && !new_layer;
    });
  }
  return specimens;
}

}  // namespace

const std::vector<Specimen>& corpus() {
  static const std::vector<Specimen> all = collect();
  return all;
}

const std::vector<Specimen>& examined_corpus() {
  static const std::vector<Specimen> sample = whole_corpora ? corpus() : sampled(corpus());
  return sample;
}

Specimen under_upstream(std::string name, std::string call, Given x, std::vector<Defect> defects) {
  return {std::move(name),
          "clean",
          "L = sum(u * " + std::move(call) + ")",
          {std::move(x), fixed(both_signs("u", {3, 5}))},
          std::move(defects),
          {}};
}

}  // namespace gradcheck::defects
