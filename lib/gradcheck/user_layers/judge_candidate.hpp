#pragma once

#include <gradcheck/result/report.hpp>
#include <gradcheck/user_layers/candidate_samples.hpp>

namespace gradcheck {

/// Judges one result of a candidate, entry by entry; `t` is its place among the names.
///
/// With c_s and r_s the candidate's and the reference's values at point s, u the unit roundoff of
/// the candidate's type and S the number of points:
///
///   condition   κ = √(mean_s (r_s − r_0)²) / (rms relative distance of the points)
///   scatter     σ = standard deviation of c_s − r_s, at least that of the tensor in units of u(κ +
///               |r|)
///   bias        B = k u (|r| / 2 + κ / 4) + min(u |r|, (u r)² / (4 δ κ)), for constants rounded
///               once, and for the result's own rounding where values nearby, within δ, share it
///
/// an entry disagrees if |mean_s (c_s − r_s)| > 6 σ / √S + B
/// and its room, the report's bound, is 6 σ + B. A factor common to all entries is looked for
/// alike, so that 1 % in every entry is found where each alone has more room.
TensorReport judge_candidate(const CandidateSamples& samples, std::size_t t, NumberType type,
                             double roundings);

}  // namespace gradcheck
