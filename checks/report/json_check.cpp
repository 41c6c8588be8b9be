#include <limits>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <report/sample_report.hpp>

#include <gradcheck/report/json.hpp>

using namespace gradcheck;

namespace {

nlohmann::ordered_json read(const Report& report) {
  return nlohmann::ordered_json::parse(to_json(report));
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> out;
  for (const auto& item : object.items()) {
    out.push_back(item.key());
  }
  return out;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("json: a report reads exactly so") {
  Report report;
  report.seed = 7;
  report.cases = {sample::broken_case()};
  report.cases[0].title = "역전파";
  report.seconds = 0.5;
  CHECK(to_json(report) == R"({
  "schema": 1,
  "version": "0.1.0",
  "seed": 7,
  "rtol": 1e-07,
  "cases": [
    {
      "id": "cases/004/broken",
      "file": "cases/004/broken.toml",
      "title": "역전파",
      "source": "",
      "verdict": "error",
      "error": {
        "message": "unknown function 'sigmod', did you mean 'sigmoid'?",
        "line": 7,
        "column": 6
      },
      "more_errors": [],
      "seconds": 0.0,
      "probes": 0,
      "tensors": [],
      "claims": [],
      "derivation": [],
      "diagnosis": [],
      "notes": []
    }
  ],
  "totals": {
    "cases": 1,
    "agree": 0,
    "disagree": 0,
    "inconclusive": 0,
    "errors": 1,
    "claims": 0,
    "wrong_claims": 0,
    "errata": 0,
    "entries": 0,
    "probes": 0,
    "seconds": 0.5
  }
}
)");
}

TEST_CASE("json: every record has the keys of the schema, in its order") {
  const nlohmann::ordered_json json = read(sample::report());
  const nlohmann::ordered_json& one = json["cases"][1];
  CHECK(keys(json) == Keys{"schema", "version", "seed", "rtol", "cases", "totals"});
  CHECK(keys(one) == Keys{"id", "file", "title", "source", "verdict", "error", "more_errors",
                          "seconds", "probes", "tensors", "claims", "derivation", "diagnosis",
                          "notes"});
  CHECK(keys(one["tensors"][1]) == Keys{"name", "role", "shape", "entries", "verdict",
                                        "max_relative_error", "max_absolute_error", "max_bound",
                                        "not_checked", "kinks", "unresolved", "inconclusive",
                                        "disagreeing", "worst"});
  CHECK(keys(one["tensors"][1]["worst"]) == Keys{"index", "analytic", "numeric", "bound"});
  CHECK(keys(one["claims"][0]) == Keys{"kind", "steps", "name", "line", "column", "entries",
                                       "right", "last_digit", "wrong", "verdict", "stale_erratum",
                                       "computed", "findings"});
  CHECK(keys(one["claims"][0]["findings"][0]) ==
        Keys{"index", "printed", "computed", "verdict", "erratum"});
  CHECK(keys(one["derivation"][1]) ==
        Keys{"name", "statement", "line", "column", "verdict", "max_relative_error", "first_wrong",
             "analytic", "numeric", "index", "shape", "expected_shape", "helpers"});
  CHECK(keys(one["diagnosis"][0]) == Keys{"layer", "tensor", "pattern", "detail"});
  CHECK(keys(json["totals"]) == Keys{"cases", "agree", "disagree", "inconclusive", "errors",
                                     "claims", "wrong_claims", "errata", "entries", "probes",
                                     "seconds"});
  CHECK(one["error"].is_null());
}

TEST_CASE("json: what was checked and what the point hides stands among the notes") {
  Report report;
  report.cases = {sample::wrong_case()};
  report.cases[0].coverage = "6 entries";
  report.cases[0].degenerate = {"x has one row"};
  const nlohmann::ordered_json notes = read(report)["cases"][0]["notes"];
  CHECK(notes == nlohmann::ordered_json{"long double is no better than double here",
                                        "checked: 6 entries", "x has one row"});
}

TEST_CASE("json: numbers that are not finite are strings") {
  const nlohmann::ordered_json tensor = read(sample::report())["cases"][1]["tensors"][2];
  CHECK(tensor["max_relative_error"] == "NaN");
  CHECK(tensor["max_bound"] == "Infinity");
  CHECK(tensor["worst"]["analytic"] == "NaN");
  CHECK(tensor["worst"]["numeric"] == "-Infinity");
}

TEST_CASE("json: a finding has a number, one of a wrong shape has the shape and no index") {
  const nlohmann::ordered_json claims = read(sample::report())["cases"][1]["claims"];
  CHECK(claims[0]["findings"][1]["index"] == std::vector<int>{1, 1});
  CHECK(claims[0]["findings"][1]["computed"] == -0.44);
  CHECK(claims[1]["findings"][0]["index"].is_null());
  CHECK(claims[1]["findings"][0]["computed"] == "()");
}

TEST_CASE("json: a scalar's index is an empty list") {
  Report report = sample::report();
  report.cases[1].claims[0].findings[0].index = std::vector<std::size_t>{};
  CHECK(read(report)["cases"][1]["claims"][0]["findings"][0]["index"].dump() == "[]");
}

TEST_CASE("json: doubles read back as they were") {
  for (const double value : {1.0 / 3, 0.1, 5e-324, 1.7976931348623157e308, -0.0}) {
    Report report = sample::report();
    report.cases[0].tensors[0].max_bound = value;
    CHECK(read(report)["cases"][0]["tensors"][0]["max_bound"].get<double>() == value);
  }
}

TEST_CASE("json: bytes that are not UTF-8 are replaced") {
  Report report = sample::report();
  report.cases[0].title = "a\xff\xc3";
  CHECK(read(report)["cases"][0]["title"] == "a\uFFFD\uFFFD");
}
