#include <algorithm>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// Entries in reverse order.
Alteration reversed(std::size_t slot = 0) {
  return [slot](auto& call) {
    auto& dx = call.dx[slot];
    std::reverse(dx.data(), dx.data() + dx.size());
  };
}

/// The upstream's entries as they lie in memory, whatever the axes.
Alteration memory_order() {
  return [](auto& call) { std::copy_n(call.dy[0].data(), call.dx[0].size(), call.dx[0].data()); };
}

}  // namespace

std::vector<Specimen> shaping_specimens() {
  const Given x = normal("x", {3, 5});
  return {
      {"transpose",
       "clean",
       "L = sum(u * x.T)",
       {x, fixed(both_signs("u", {5, 3}))},
       {{"transpose", {"transpose"}, memory_order()},
        {"one entry only", {"transpose"}, scaled_entry(9, 1 + 1e-5)}},
       {}},
      {"transpose of three axes",
       "clean",
       "L = sum(u * transpose(x, axes=[2, 0, 1]) ** 2)",
       {normal("x", {3, 4, 2}), fixed(both_signs("u", {2, 3, 4}))},
       {{"transpose", {"transpose"}, memory_order()}, {"sign", {"transpose"}, magnitude()}},
       {}},
      {"reshape",
       "clean",
       "L = sum(u * reshape(x, shape=[5, 3]))",
       {x, fixed(both_signs("u", {5, 3}))},
       {{"transpose", {"reshape"}, transposed()}, {"stale", {"reshape"}, row_late()}},
       {}},
      {"flatten",
       "clean",
       "L = sum(u * square(flatten(x)))",
       {normal("x", {2, 3, 4}), fixed(both_signs("u", {2, 12}))},
       {{"transpose", {"flatten"}, transposed()}, {"wrong argument", {"flatten"}, reversed()}},
       {}},
      {"concat",
       "clean",
       "y = concat(x, w, axis=1); L = sum(u * y * y)",
       {x, normal("w", {3, 2}), fixed(both_signs("u", {3, 7}))},
       {{"zero", {"concat"}, dropped(1)},
        {"wrong argument", {"concat"}, memory_order(), false, "as if along axis 0"},
        {"relative 1e-3", {"concat"}, scaled(1.001, 1)}},
       {}},
      {"concat with itself",
       "clean",
       "L = sum(u * concat(x, x))",
       {x, fixed(both_signs("u", {6, 5}))},
       {{"missing fan-out", {"concat"}, dropped(1)},
        {"missing fan-out", {"concat"}, dropped(0), false, "the first"}},
       {}},
      {"stack",
       "clean",
       "y = stack(x, w, axis=1); L = sum(u * y * y)",
       {x, normal("w", {3, 5}), fixed(both_signs("u", {3, 2, 5}))},
       {{"wrong argument", {"stack"}, swapped()},
        {"wrong argument", {"stack"}, memory_order(), false, "as if along axis 0"}},
       {}},
      {"split",
       "clean",
       "y, z = split(x, sections=2, axis=1); L = sum(u * y) + sum(y * z * z)",
       {normal("x", {3, 4}), fixed(both_signs("u", {3, 2}))},
       {{"wrong argument", {"split"}, row_late()},
        {"one entry only", {"split"}, scaled_entry(6, 0)},
        {"relative 1e-6", {"split"}, scaled(1 + 1e-6)}},
       {}},
      {"slice",
       "clean",
       "L = sum(u * x[1:, ::2]) + sum(square(x[0]))",
       {x, fixed(both_signs("u", {2, 3}))},
       {{"wrong argument", {"slice", 0}, row_late()},
        {"missing fan-out", {"slice", 1}, dropped()},
        {"scale", {"slice", 0}, scaled(2)}},
       {}},
      {"slices that overlap",
       "clean",
       "L = sum(u * x[:, 0:3] * x[:, 2:5])",
       {x, fixed(both_signs("u", {3, 3}))},
       {{"missing fan-out", {"slice", 1}, scaled_entry(2, 0)},
        {"one entry only", {"slice", 0}, scaled_entry(6, 1 + 1e-6)}},
       {}},
  };
}

}  // namespace gradcheck::defects
