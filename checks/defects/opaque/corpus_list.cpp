#include <iterator>

#include <defects/opaque/corpus.hpp>

namespace gradcheck::defects::opaque {

const std::vector<Specimen>& corpus() {
  static const std::vector<Specimen> all = [] {
    std::vector<Specimen> list;
    for (const auto group :
         {cancellation_specimens, cancelling_layer_specimens, offset_specimens,
          saturation_specimens, tie_specimens, kink_specimens, residue_specimens, power_specimens,
          domain_edge_specimens, staircase_specimens, low_precision_specimens, noise_specimens,
          scale_specimens, pair_specimens, layer_specimens, norm_specimens, recurrent_specimens,
          way_specimens}) {
      std::vector<Specimen> some = group();
      list.insert(list.end(), std::make_move_iterator(some.begin()),
                  std::make_move_iterator(some.end()));
    }
    return list;
  }();
  return all;
}

}  // namespace gradcheck::defects::opaque
