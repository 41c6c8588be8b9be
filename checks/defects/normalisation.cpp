#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// Mean and variance are held constant in backward: of layers whose groups are `group` neighbouring
/// entries, without weight, dx = dy / √(σ² + ε).
Alteration held_statistics(std::size_t group, double epsilon) {
  return [=](auto& call) {
    using Real = typename std::decay_t<decltype(call)>::Real;
    for (std::size_t start = 0; start < call.dx[0].size(); start += group) {
      Real mean = 0, square = 0;
      for (std::size_t m = 0; m < group; ++m) {
        const Real x = call.x[0]->data()[start + m];
        mean += x / Real(group);
        square += x * x / Real(group);
      }
      for (std::size_t m = 0; m < group; ++m) {
        call.dx[0].data()[start + m] =
            call.dy[0].data()[start + m] / std::sqrt(square - mean * mean + Real(epsilon));
      }
    }
  };
}

/// The common part of each group of neighbouring entries stays in dx: what a forgotten mean adds.
Alteration common_part_kept(std::size_t group, double amount) {
  return [=](auto& call) {
    for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
      call.dx[0].data()[i] += amount * call.dy[0].data()[i / group * group];
    }
  };
}

std::vector<Specimen> batch_norms() {
  const std::vector<Given> statistics = {normal("m", {3}), uniform("v", {3}, 0.5, 2),
                                         normal("w", {3}), normal("b", {3})};
  const auto with = [&](std::vector<Given> given, Given last) {
    given.insert(given.end(), statistics.begin(), statistics.end());
    given.push_back(std::move(last));
    return given;
  };
  return {
      {"batch_norm, training",
       "clean",
       "L = sum(u * batch_norm(x, weight=w, bias=b, training=true))",
       {normal("x", {5, 3}), normal("w", {3}), normal("b", {3}), fixed(both_signs("u", {5, 3}))},
       {{"missing term", {"batch_norm"}, common_part_kept(3, 0.1)},
        {"missing batch sum", {"batch_norm"}, last_row_only(1)},
        {"averaged over batch", {"batch_norm"}, averaged_over_rows(2)},
        {"stale", {"batch_norm"}, stale(0)},
        {"float32 inside", {"batch_norm"}, float32(0)},
        {"one entry only", {"batch_norm"}, scaled_entry(7, 1 + 1e-5)}}},
      {"batch_norm of images, and its running statistics",
       "clean",
       "y, r, s = batch_norm(x, m, v, w, b, training=true, momentum=0.3); L = sum(u * y) + sum(r * "
       "s)",
       with({normal("x", {2, 3, 2, 2})}, fixed(both_signs("u", {2, 3, 2, 2}))),
       {{"zero", {"batch_norm"}, dropped(1)},
        {"scale", {"batch_norm"}, scaled(0.3 / 0.7, 2), false, "momentum and its rest exchanged"},
        {"swapped", {"batch_norm"}, swapped(3, 4)}}},
      {"batch_norm, evaluation",
       "clean",
       "L = sum(u * batch_norm(x, m, v, w, b))",
       with({normal("x", {4, 3})}, fixed(both_signs("u", {4, 3}))),
       {{"sign", {"batch_norm"}, negated(1)}, {"scale", {"batch_norm"}, scaled(2, 2)}}},
  };
}

std::vector<Specimen> other_norms() {
  const Given x = normal("x", {2, 4, 3});
  const Given u = fixed(both_signs("u", {2, 4, 3}));
  return {
      {"layer_norm",
       "clean",
       "L = sum(u * layer_norm(x, w, b, eps=0.1))",
       {x, normal("w", {3}), normal("b", {3}), u},
       {{"missing batch sum", {"layer_norm"}, last_row_only(1)},
        {"sign", {"layer_norm"}, negated(2)},
        {"clipped upstream", {"layer_norm"}, upstream_clipped(1)}}},
      {"layer_norm over two axes",
       "clean",
       "L = sum(u * layer_norm(x, normalized_shape=[4, 3]))",
       {x, u},
       {{"missing term", {"layer_norm"}, held_statistics(12, 1e-5), false, "statistics held"},
        {"missing term", {"layer_norm"}, common_part_kept(12, 0.05), false, "mean"}}},
      {"group_norm",
       "clean",
       "L = sum(u * group_norm(x, 2, w, b))",
       {x, normal("w", {4}), normal("b", {4}), u},
       {{"averaged over batch", {"group_norm"}, averaged_over_rows(1)},
        {"stale", {"group_norm"}, stale(0)}}},
      {"group_norm without weight",
       "clean",
       "L = sum(u * group_norm(x, 2))",
       {x, u},
       {{"missing term", {"group_norm"}, held_statistics(6, 1e-5), false, "statistics held"},
        {"float32 inside", {"group_norm"}, float32()}}},
      {"instance_norm",
       "clean",
       "L = sum(u * instance_norm(x, weight=w, bias=b))",
       {x, normal("w", {4}), normal("b", {4}), u},
       {{"swapped", {"instance_norm"}, swapped(1, 2)},
        {"missing term", {"instance_norm"}, common_part_kept(3, 0.2)}}},
      {"instance_norm, running statistics",
       "clean",
       "y, r, s = instance_norm(x, m, v, momentum=0.3); L = sum(u * y) + sum(r * s)",
       {x, u, normal("m", {4}), uniform("v", {4}, 0.5, 2)},
       {{"zero", {"instance_norm"}, dropped(1)},
        {"scale",
         {"instance_norm"},
         scaled(0.3 / 0.7, 2),
         false,
         "momentum and its rest exchanged"},
        {"scale", {"instance_norm"}, scaled(0.5, 0)}}},
      {"rms_norm",
       "clean",
       "L = sum(u * rms_norm(x, w, eps=0.01))",
       {x, normal("w", {3}), u},
       {{"scale", {"rms_norm"}, scaled(0.5, 1)},
        {"missing term", {"rms_norm"}, common_part_kept(3, 0.1)}}},
      {"local_response_norm",
       "clean",
       "L = sum(u * local_response_norm(x, 3, alpha=0.5, beta=0.6))",
       {x, u},
       {{"wrong constant", {"local_response_norm"}, at_multiple(1.1)},
        {"ignored upstream", {"local_response_norm"}, upstream_ignored()}}},
  };
}

}  // namespace

std::vector<Specimen> normalisation_specimens() {
  std::vector<Specimen> all = batch_norms();
  const std::vector<Specimen> more = other_norms();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace gradcheck::defects
