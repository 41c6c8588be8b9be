#pragma once

#include <vector>

#include <defects/opaque/specimen.hpp>

namespace gradcheck::defects::opaque {

// By what makes a layer hard to judge from outside.
std::vector<Specimen> cancellation_specimens();
std::vector<Specimen> cancelling_layer_specimens();
std::vector<Specimen> offset_specimens();
std::vector<Specimen> saturation_specimens();
std::vector<Specimen> tie_specimens();
std::vector<Specimen> kink_specimens();
std::vector<Specimen> residue_specimens();
std::vector<Specimen> power_specimens();
std::vector<Specimen> domain_edge_specimens();
std::vector<Specimen> staircase_specimens();
std::vector<Specimen> low_precision_specimens();
std::vector<Specimen> noise_specimens();
std::vector<Specimen> scale_specimens();
std::vector<Specimen> pair_specimens();
std::vector<Specimen> layer_specimens();
std::vector<Specimen> norm_specimens();
std::vector<Specimen> recurrent_specimens();
std::vector<Specimen> way_specimens();

/// All of them, in this order.
const std::vector<Specimen>& corpus();

}  // namespace gradcheck::defects::opaque
