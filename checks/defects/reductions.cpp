#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// Σ v · reduction(x · x, axis) of a (3, 5) tensor along its last axis, with v of both signs.
Specimen along_rows(const std::string& layer, std::vector<Defect> defects) {
  return {layer,
          "clean",
          "L = sum(v * " + layer + "(x ** 3, axis=1))",
          {both_signs("x", {3, 5}), fixed(both_signs("v", {3}))},
          std::move(defects),
          {}};
}

/// The same slot-wise shift for a layer whose output is smaller than its input.
Alteration to_next_entry() {
  return [](auto& call) {
    auto& dx = call.dx[0];
    std::rotate(dx.data(), dx.data() + 1, dx.data() + dx.size());
  };
}

/// Each output's upstream at all of its group: as if every member had won.
Alteration to_all_members() {
  return [](auto& call) {
    const std::size_t count = call.dx[0].size() / call.dy[0].size();
    for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
      call.dx[0].data()[i] = call.dy[0].data()[i / count];
    }
  };
}

}  // namespace

std::vector<Specimen> reduction_specimens() {
  return {
      along_rows("sum", {{"ignored upstream", {"sum", 0}, upstream_ignored()},
                         {"averaged over batch", {"sum", 0}, averaged_over_rows()},
                         {"wrong argument", {"sum", 0}, to_next_entry()},
                         {"relative 1e-6", {"sum", 0}, scaled_entry(8, 1 + 1e-6)}}),
      along_rows("mean", {{"missing factor", {"mean"}, scaled(5)},
                          {"wrong constant", {"mean"}, scaled(5.0 / 3), false, "wrong axis"},
                          {"wrong constant", {"mean"}, scaled(5.0 / 4), false, "n - 1"},
                          {"sign", {"mean"}, magnitude()}}),
      along_rows("max", {{"wrong branch", {"max"}, to_next_entry()},
                         {"ties", {"max"}, to_all_members(), false, "to every member"},
                         {"ties", {"max"}, spread_evenly()},
                         {"one entry only", {"max"}, scaled(1 + 1e-6)}}),
      along_rows("min", {{"wrong branch", {"min"}, to_next_entry()},
                         {"sign", {"min"}, negated()},
                         {"ties", {"min"}, to_all_members(), false, "to every member"}}),
      {"sum over all axes, kept",
       "clean",
       "L = sum(exp(sum(x, keepdims=true) * u))",
       {normal("x", {3, 5}), fixed(both_signs("u", {3, 5}, 0.1, 0.3))},
       {{"missing batch sum", {"multiply"}, last_row_only(0)}, {"zero", {"sum", 0}, dropped()}},
       {}},
      {"mean over two axes",
       "clean",
       "L = sum(v * mean(x ** 2, axis=[0, 2]) ** 2)",
       {normal("x", {3, 4, 2}), fixed(both_signs("v", {4}))},
       {{"wrong constant", {"mean"}, scaled(2), false, "one axis counted"},
        {"transpose", {"mean"}, transposed()}},
       {}},
      {"softmax",
       "clean",
       "L = sum(u * softmax(2 * x))",
       {normal("x", {3, 5}), fixed(both_signs("u", {3, 5}))},
       {{"missing term", {"softmax"}, slope([](auto, auto y) { return y; })},
        {"missing term",
         {"softmax"},
         slope([](auto, auto y) { return y * (1 - y); }),
         false,
         "the diagonal alone"},
        {"relative 1e-6", {"softmax"}, scaled_entry(4, 1 + 1e-6)}},
       {}},
      {"softmax along columns",
       "clean",
       "L = sum(u * softmax(x, axis=0))",
       {normal("x", {3, 5}), fixed(both_signs("u", {3, 5}))},
       {{"stale", {"softmax"}, stale()}, {"transpose", {"softmax"}, transposed()}},
       {}},
      {"log_softmax",
       "clean",
       "L = sum(u * log_softmax(x))",
       {normal("x", {3, 5}), fixed(both_signs("u", {3, 5}))},
       {{"missing term", {"log_softmax"}, slope([](auto, auto) { return 1; })},
        {"ignored upstream", {"log_softmax"}, upstream_ignored()},
        {"clipped upstream", {"log_softmax"}, upstream_magnitude(), false, "absolute value"},
        {"float32 inside", {"log_softmax"}, float32()}},
       {}},
  };
}

}  // namespace gradcheck::defects
