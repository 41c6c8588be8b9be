#include <algorithm>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

const Given x = both_signs("x", {3, 5});

/// Each entry gets its last dy alone: overwritten where they should add up.
Alteration overwritten(std::size_t slot = 0) {
  return [slot](auto& call) {
    auto& dx = call.dx[slot];
    auto counted = call.dy[0];
    for (std::size_t k = 0; k < counted.size(); ++k) {
      counted.data()[k] = 1;
    }
    const auto times = call.with_upstream({counted})[slot];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx.data()[i] = times.data()[i] > 1 ? dx.data()[i] / times.data()[i] : dx.data()[i];
    }
  };
}

/// The upstream in memory order, as far as it goes.
Alteration memory_order(std::size_t slot = 0) {
  return [slot](auto& call) {
    auto& dx = call.dx[slot];
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx.data()[i] = call.dy[0].data()[i % call.dy[0].size()];
    }
  };
}

std::vector<Specimen> lookups() {
  return {
      {"embedding",
       "clean",
       "L = sum(u * square(embedding(n, E)))",
       {fixed(values("n", {2, 3}, {3, 0, 3, 1, 3, 0})), both_signs("E", {4, 2}),
        fixed(both_signs("u", {2, 3, 2}))},
       {{"overwritten", {"embedding"}, overwritten(1)},
        {"one entry only", {"embedding"}, scaled_entry(6, 1 + 1e-6, 1)}},
       {}},
      {"embedding with padding",
       "clean",
       "L = sum(u * square(embedding(n, E, padding_idx=0)))",
       {fixed(values("n", {2, 3}, {3, 0, 3, 1, 3, 0})), both_signs("E", {4, 2}),
        fixed(both_signs("u", {2, 3, 2}))},
       {{"ignored mask", {"embedding"}, shifted(0.5, 1)}},
       {}},
      {"gather",
       "clean",
       "L = sum(u * gather(x, 1, n))",
       {x, fixed(values("n", {3, 3}, {0, 4, 4, 1, 1, 2, 3, 0, 3})), fixed(both_signs("u", {3, 3}))},
       {{"overwritten", {"gather"}, overwritten()}, {"stale", {"gather"}, row_late()}},
       {}},
      {"take",
       "clean",
       "L = sum(u * take(x, n, 0))",
       {x, fixed(values("n", {4}, {-1, 0, 2, 0})), fixed(both_signs("u", {4, 5}))},
       {{"overwritten", {"take"}, overwritten()}, {"zero", {"take"}, scaled_entry(12, 0)}},
       {}},
      {"index_select",
       "clean",
       "L = sum(u * index_select(x, 1, n))",
       {x, fixed(values("n", {4}, {4, 0, 2, 0})), fixed(both_signs("u", {3, 4}))},
       {{"overwritten", {"index_select"}, overwritten()},
        {"wrong argument", {"index_select"}, memory_order()}},
       {}},
      {"scatter_add",
       "clean",
       "L = sum(u * square(scatter_add(x, 1, n, w)))",
       {x, fixed(values("n", {3, 3}, {0, 4, 4, 1, 1, 2, 3, 0, 3})), both_signs("w", {3, 4}),
        fixed(both_signs("u", {3, 5}))},
       {{"zero", {"scatter_add"}, dropped(0)},
        {"wrong argument", {"scatter_add"}, row_late(2)},
        {"missing fan-out", {"scatter_add"}, scaled(0.5, 2)}},
       {}},
  };
}

std::vector<Specimen> moved() {
  return {
      {"flip",
       "clean",
       "L = sum(u * flip(x, 1))",
       {x, fixed(both_signs("u", {3, 5}))},
       {{"wrong argument", {"flip"}, memory_order()}, {"stale", {"flip"}, row_late()}},
       {}},
      {"roll",
       "clean",
       "L = sum(u * roll(x, 2, 1))",
       {x, fixed(both_signs("u", {3, 5}))},
       {{"wrong argument", {"roll"}, memory_order()},
        {"sign",
         {"roll"},
         [](auto& call) {
           auto& dx = call.dx[0];
           for (std::size_t i = 0; i < dx.size(); ++i) {
             dx.data()[i] = call.dy[0].data()[i / 5 * 5 + (i + 3) % 5];
           }
         },
         false,
         "rolled further"}},
       {}},
      {"tile",
       "clean",
       "L = sum(u * square(tile(x, [2, 3])))",
       {x, fixed(both_signs("u", {6, 15}))},
       {{"missing fan-out", {"tile"}, memory_order()}, {"averaged", {"tile"}, scaled(1.0 / 6)}},
       {}},
      {"repeat",
       "clean",
       "L = sum(u * square(repeat(x, 2, 1)))",
       {x, fixed(both_signs("u", {3, 10}))},
       {{"wrong argument", {"repeat"}, memory_order()}, {"averaged", {"repeat"}, scaled(0.5)}},
       {}},
      {"dropout",
       "clean",
       "L = sum(u * dropout(x, 0.4, seed=7))",
       {x, fixed(both_signs("u", {3, 5}))},
       {{"missing factor", {"dropout"}, scaled(0.6)},
        {"ignored mask", {"dropout"}, [](auto& call) { call.dx[0] = call.dy[0]; }}},
       {}},
      {"sort",
       "clean",
       "L = sum(u * square(sort(x, 1)))",
       {x, fixed(both_signs("u", {3, 5}))},
       {{"wrong argument", {"sort"}, memory_order(), false, "not moved back"},
        {"stale", {"sort"}, row_late()}},
       {}},
      {"topk",
       "clean",
       "L = sum(u * square(topk(x, 2)))",
       {x, fixed(both_signs("u", {3, 2}))},
       {{"averaged", {"topk"}, spread_evenly()}, {"one entry only", {"topk"}, scaled(1 + 1e-6)}},
       {}},
      {"sort, equal entries",
       "tie",
       "L = sum(u * sort(x, 1))",
       {starting(x, {3, 3, -1, 1}), fixed(both_signs("u", {3, 5}))},
       {{"sign", {"sort"}, negated()}},
       {}},
      {"einsum",
       "clean",
       "L = sum(u * einsum(\"bij,jk->bki\", a, c))",
       {both_signs("a", {2, 3, 4}), both_signs("c", {4, 2}), fixed(both_signs("u", {2, 2, 3}))},
       {{"transpose", {"einsum"}, transposed(1)},
        {"missing batch sum", {"einsum"}, scaled(0.5, 1)},
        {"one entry only", {"einsum"}, scaled_entry(5, 1 - 1e-6)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> indexing_specimens() {
  std::vector<Specimen> all = lookups();
  const std::vector<Specimen> more = moved();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace gradcheck::defects
