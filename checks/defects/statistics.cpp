#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

const Given x = both_signs("x", {3, 5}, 0.3, 2);
const Given rows = fixed(both_signs("v", {3}));

/// L = Σ v f(x) over the rows of x.
Specimen of_rows(std::string name, const std::string& call, std::vector<Defect> defects,
                 const Given& given = x) {
  return {std::move(name),    "clean", "L = sum(v * " + call + ")", {given, rows},
          std::move(defects), {}};
}

/// dx = f(x, y of its row) dy of its row.
template <class F>
Alteration rowwise(F f) {
  return [f](auto& call) {
    const std::size_t members = call.dx[0].size() / call.dy[0].size();
    for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
      const std::size_t g = i / members;
      call.dx[0].data()[i] = call.dy[0].data()[g] * f(call.x[0]->data()[i], call.y[0].data()[g]);
    }
  };
}

std::vector<Specimen> reductions() {
  return {
      of_rows(
          "prod", "prod(x, axis=1)",
          {{"wrong formula", {"prod"}, rowwise([](auto, auto y) { return y; }), false, "y itself"},
           {"one entry only", {"prod"}, scaled_entry(7, 1 + 1e-6)}}),
      of_rows("prod with zeros", "prod(x, axis=1)",
              {{"not finite",
                {"prod"},
                rowwise([](auto v, auto y) { return y / v; }),
                false,
                "divided by the entry"}},
              starting(x, {0, 1.5, 2})),
      of_rows("var", "var(x, axis=1)",
              {{"missing factor", {"var"}, scaled(0.5)},
               {"wrong constant", {"var"}, scaled(1.25), false, "n - 1 for n"},
               {"missing term", {"var"}, rowwise([](auto v, auto) { return 2 * v / 5; })}}),
      of_rows("std", "std(x, axis=1, ddof=1)",
              {{"wrong constant", {"std"}, scaled(0.8), false, "n for n - 1"},
               {"missing factor",
                {"std"},
                [](auto& call) {
                  for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
                    call.dx[0].data()[i] *= 2 * call.y[0].data()[i / 5];
                  }
                }}}),
      of_rows("logsumexp", "logsumexp(x, axis=1)",
              {{"missing term", {"logsumexp"}, rowwise([](auto v, auto) { return std::exp(v); })},
               {"averaged", {"logsumexp"}, spread_evenly()}}),
      of_rows("norm", "norm(x, axis=1)",
              {{"missing root", {"norm"}, rowwise([](auto v, auto) { return 2 * v; })},
               {"wrong argument", {"norm"}, rowwise([](auto v, auto y) { return v / (y * y); })}}),
      of_rows(
          "norm of order 3", "norm(x, 3, axis=1)",
          {{"sign", {"norm"}, magnitude()},
           {"missing factor", {"norm"}, rowwise([](auto v, auto) { return v * std::abs(v); })}}),
      of_rows("norm of order 1", "norm(x, 1, axis=1)",
              {{"sign", {"norm"}, rowwise([](auto v, auto) { return v / v; })},
               {"relative 1e-6", {"norm"}, scaled(1 + 1e-6)}}),
      of_rows("norm of infinite order", "norm(x, \"inf\", axis=1)",
              {{"ties",
                {"norm"},
                rowwise([](auto v, auto) { return v < 0 ? -1 : 1; }),
                false,
                "to every member"},
               {"sign", {"norm"}, magnitude()}}),
  };
}

std::vector<Specimen> scans() {
  const Given u = fixed(both_signs("u", {3, 5}));
  return {
      {"cumsum",
       "clean",
       "L = sum(u * square(cumsum(x, 1)))",
       {x, u},
       {{"wrong formula",
         {"cumsum"},
         [](auto& call) { call.dx[0] = call.dy[0]; },
         false,
         "dy itself"},
        {"one entry only", {"cumsum"}, scaled_entry(6, 1 + 1e-6)}},
       {}},
      {"cumprod",
       "clean",
       "L = sum(u * cumprod(x, 0))",
       {starting(x, {1.2, 0}), u},
       {{"zero", {"cumprod"}, dropped()},
        {"relative 1e-6", {"cumprod"}, scaled_entry(8, 1 - 1e-6)}},
       {}},
      {"trace",
       "clean",
       "L = sum(v * trace(x))",
       {both_signs("x", {3, 4, 5}), rows},
       {{"wrong formula", {"trace"}, spread_evenly(), false, "to every entry"},
        {"stale", {"trace"}, row_late()}},
       {}},
  };
}

std::vector<Specimen> kinked() {
  return {
      {"norm of order 1 with zeros",
       "kink",
       "L = sum(v * norm(x, 1, axis=1))",
       {starting(x, {0, -1, 0}), rows},
       {{"wrong branch", {"norm"}, entrywise([](auto v, auto d) { return v == 0 ? 3 + d : d; })}},
       {}},
      {"norm of infinite order with equals",
       "tie",
       "L = sum(v * norm(x, \"inf\", axis=1))",
       {starting(both_signs("x", {3, 5}, 0.3, 1), {3, -3, 1, 3}), rows},
       {{"ties",
         {"norm"},
         [](auto& call) {
           for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
             const auto v = call.x[0]->data()[i];
             const auto y = call.y[0].data()[i / 5];
             call.dx[0].data()[i] = std::abs(v) == y ? call.dy[0].data()[i / 5] * v / y : 0 * v;
           }
         },
         false,
         "to every winner"}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> statistics_specimens() {
  std::vector<Specimen> all = reductions();
  for (const auto& family : {scans(), kinked()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
