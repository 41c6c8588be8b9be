#pragma once

#include <vector>

#include <defects/alterations.hpp>
#include <defects/specimen.hpp>

namespace gradcheck::defects {

// Clean points, by family of layers: non-square odd shapes, batches, signed upstreams, settings off
// their neutral values.
std::vector<Specimen> elementwise_specimens();
std::vector<Specimen> activation_specimens();
std::vector<Specimen> linear_specimens();
std::vector<Specimen> reduction_specimens();
std::vector<Specimen> selection_specimens();
std::vector<Specimen> shaping_specimens();
std::vector<Specimen> spatial_specimens();
std::vector<Specimen> normalisation_specimens();
std::vector<Specimen> sequence_specimens();
std::vector<Specimen> loss_specimens();
std::vector<Specimen> elementary_specimens();
std::vector<Specimen> piecewise_specimens();
std::vector<Specimen> statistics_specimens();
std::vector<Specimen> indexing_specimens();
std::vector<Specimen> more_loss_specimens();

// Tricky points, by what makes them so.
std::vector<Specimen> kink_specimens();
std::vector<Specimen> tie_specimens();
std::vector<Specimen> scale_specimens();
std::vector<Specimen> saturation_specimens();
std::vector<Specimen> curvature_specimens();
std::vector<Specimen> structure_specimens();

// Layers that calculate in float32, alone, among others, and all of them.
std::vector<Specimen> float32_specimens();

/// All of them, in this order.
const std::vector<Specimen>& corpus();

#ifdef GRADCHECK_SAMPLE_CORPORA
inline constexpr bool whole_corpora = false;
#else
inline constexpr bool whole_corpora = true;
#endif

/// What the checks examine: the corpus or, where a sample of it will do, all its points with fewer
/// defects: the first of each kind in every group, and the first at each layer.
const std::vector<Specimen>& examined_corpus();

/// How many of so many: all, or one in ten where a sample will do.
constexpr std::size_t examined(std::size_t count) { return whole_corpora ? count : count / 10; }

/// One layer of one input at a (3, 5) point, under a dense upstream of both signs: u · f(x).
Specimen under_upstream(std::string name, std::string call, Given x, std::vector<Defect> defects);

}  // namespace gradcheck::defects
