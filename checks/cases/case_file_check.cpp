#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/cases/case_file.hpp>

#include "case_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("case file: the example of the format is read in full") {
  const CaseFile file = parse_case_file(example);
  CHECK(file.title == "Two affine layers, one SGD step");
  CHECK(file.source == "note 003, problem 1");
  CHECK(file.check == std::vector<std::string>{"a1"});
  CHECK(at(file.check_at) == "3:10");
  CHECK(file.loss == "L");
  CHECK(at(file.loss_at) == "4:9");
  CHECK(file.settings.rtol == 1e-6);
  CHECK(file.settings.step == 1e-4);
  CHECK(file.settings.method == "forward");
  CHECK(file.network.text ==
        "z2 = W1 @ a1 + b1\nz3 = W3 @ z2 + b3\nL  = half_squared_error(z3, t)\n");
  CHECK(at(file.network.at) == "7:1");
  CHECK(file.derivation.value().text == "dz3 = z3 - t\ndb3 = dz3\n");
  REQUIRE(file.update.has_value());
  CHECK(file.update->rule == "sgd");
  CHECK(file.update->learning_rate == std::vector<double>{0.01});
  CHECK(file.update->steps == 2);
  CHECK(file.tolerance == 0.5);
}

TEST_CASE("case file: given values come in the order of the file, with their tables") {
  const CaseFile file = parse_case_file(example);
  REQUIRE(file.given.size() == 6);
  const std::vector<std::string> names{"a1", "t", "W1", "b1", "W3", "b3"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(file.given[i].name == names[i]);
    CHECK(file.given[i].table == (i < 2 ? Given::Table::inputs : Given::Table::parameters));
  }
  CHECK(at(file.given[0].at) == "18:1");
  CHECK(shape_of(file.given[2].value) == Shape{3, 2});
  CHECK(values(file.given[2].value) == std::vector<double>{1, -2, 2, 4, -3, 1});
  CHECK(shape_of(file.given[4].value) == Shape{2, 3});
  CHECK(values(file.given[4].value) == std::vector<double>{1, 2, -3, 2, -1, 3});
  CHECK(parse("[constants]\nc = 3").given[0].table == Given::Table::constants);
}

TEST_CASE("case file: claims keep their keys, places and printed digits") {
  const CaseFile file = parse_case_file(example);
  REQUIRE(file.claims.size() == 7);
  using Kind = Claim::Kind;
  const std::vector<Kind> kinds{Kind::forward, Kind::forward, Kind::gradient, Kind::gradient,
                                Kind::updated, Kind::change,  Kind::jacobian};
  const std::vector<std::string> keys{"z2", "z3[0]", "z3", "b3", "W3", "b1[0]", "z3/a1"};
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CHECK(file.claims[i].kind == kinds[i]);
    CHECK(file.claims[i].key == keys[i]);
  }
  CHECK(at(file.claims[0].at) == "36:1");
  CHECK(at(file.claims[1].at) == "37:2");
  CHECK(at(file.claims[1].value.at) == "37:11");
  CHECK(file.claims[1].value.shape.empty());
  CHECK(file.claims[1].value.numbers[0].half_unit == 0);
  CHECK(file.claims[3].value.formula == "z3 - t");
  CHECK(at(file.claims[3].value.formula_at) == "40:7");
  const Written& W3 = file.claims[4].value;
  CHECK(W3.shape == Shape{2, 3});
  CHECK(W3.numbers[1].text == "0.96");
  CHECK(W3.numbers[1].half_unit == 0.005);
  CHECK(W3.numbers[2].text == "-3.13");
  CHECK(W3.numbers[3].half_unit == 0);
}

TEST_CASE("case file: claims after steps have their own tables") {
  const CaseFile file = parse_case_file(example);
  REQUIRE(file.after.size() == 2);
  CHECK(file.after[0].steps == 0);
  CHECK(at(file.after[0].at) == "47:1");
  REQUIRE(file.after[0].claims.size() == 1);
  CHECK(file.after[0].claims[0].key == "L");
  CHECK(file.after[0].claims[0].value.numbers[0].text == "8.9085");
  CHECK(file.after[1].steps == 1);
  REQUIRE(file.after[1].claims.size() == 1);
  CHECK(file.after[1].claims[0].kind == Claim::Kind::gradient);
  CHECK(file.after[1].claims[0].key == "z3[0]");
  CHECK(file.after[1].claims[0].value.shape == Shape{2, 1});
}

TEST_CASE("case file: errata are keys with reasons; a dotted key may go without quotes") {
  const CaseFile file = parse_case_file(example);
  REQUIRE(file.errata.size() == 2);
  CHECK(file.errata[0].key == "updated.W3[1, 1]");
  CHECK(file.errata[0].reason == "prints -0.94; the rule gives -0.44");
  CHECK(at(file.errata[0].at) == "61:2");
  CHECK(file.errata[1].key == "updated.b3");
  CHECK(at(file.errata[1].at) == "62:1");
}

TEST_CASE("case file: printed digits are found behind any text and line end") {
  const std::string text =
      "\xEF\xBB\xBFtitle = \"é한글\" # 한\r\n" + network +
      "[claims]\r\nforward = { \"한\" = [ +1.50 , 0.960,-2e-3 ], y = 1_000.5 } # é\r\n"
      "gradient = {a=[\r\n 7,\r\n -0.50\r\n], b=0x10, c=0b11}\r\n";
  const CaseFile file = parse_case_file(text);
  REQUIRE(file.claims.size() == 5);
  CHECK(file.claims[0].key == "한");
  CHECK(at(file.claims[0].at) == "7:14");
  CHECK(file.claims[0].value.numbers[0].text == "+1.50");
  CHECK(file.claims[0].value.numbers[1].text == "0.960");
  CHECK(file.claims[0].value.numbers[1].half_unit == 0.0005);
  CHECK(file.claims[0].value.numbers[2].text == "-2e-3");
  CHECK(file.claims[1].value.numbers[0].text == "1_000.5");
  CHECK(file.claims[1].value.numbers[0].value == 1000.5);
  CHECK(file.claims[2].value.numbers[0].text == "7");
  CHECK(file.claims[2].value.numbers[1].text == "-0.50");
  CHECK(file.claims[3].value.numbers[0].text == "0x10");
  CHECK(file.claims[3].value.numbers[0].value == 16);
  CHECK(file.claims[3].value.numbers[0].half_unit == 0);
  CHECK(file.claims[4].value.numbers[0].value == 3);
}

TEST_CASE("case file: the network's places are those in the file, however it is quoted") {
  struct Row {
    std::string text;
    std::string first;
    std::string second;
  };
  for (const Row& row : std::vector<Row>{
           {"network = '''\na = 1\n  b = a\n'''", "2:1", "3:3"},
           {"network = '''\r\na = 1\r\n  b = a\r\n'''", "2:1", "3:3"},
           {"network = '''a = 1\nb = a'''", "1:14", "2:1"},
           {"network = 'a = 1; b = a'", "1:12", "1:19"},
           {"network = \"a = 1; b = a\"", "1:12", "1:19"},
           {"network = \"\"\"\na = 1 # \\\"\\u00e9\nb = a\n\"\"\"", "2:1", "3:1"},
           {"network = \"a = 1\\nb = a\"", "1:12", "1:19"},
           {"network = \"a = 1\\n\\tb = a\\n\"\nloss = \"b\"", "1:12", "1:21"},
           {"network = \"a = 1\\r\\nb = a\"", "1:12", "1:21"},
           {"network = \"a = 1 # \\u000ab = a\"", "1:12", "1:26"},
           {"network = \"\"\"\na = 1 + \\\n   2\nb = a\"\"\"", "2:1", "4:1"},
           {"network = \"\"\"\na = 1 + \\  \r\n\r\n   2\r\nb = a\"\"\"", "2:1", "5:1"},
       }) {
    CAPTURE(row.text);
    const CaseFile file = parse_case_file(row.text);
    const auto found = parse_statements(file.network.text, file.network.at);
    REQUIRE(found.size() == 2);
    CHECK(at(found[0].at) == row.first);
    CHECK(at(found[1].at) == row.second);
  }
}

TEST_CASE("case file: bounds themselves are accepted") {
  CHECK(parse("[update]\nlearning_rate = 0\nsteps = 1000000").update->steps == 1000000);
  CHECK(parse("[update]\nlearning_rate = 1").update->rule == "sgd");
  CHECK(parse("[settings]\nrtol = 0").settings.rtol == 0);
  CHECK(parse("[settings]\nrtol = 0").settings.precision == Precision::float64);
  CHECK(parse("[settings]\nprecision = 'float32'").settings.precision == Precision::float32);
  CHECK(parse("[claims]\ntolerance = 0").tolerance == 0);
  CHECK(parse("[errata.updated]").errata.empty());
  CHECK(parse("[claims]\nafter = [{ steps = 1, forward = { L = 1 } }]").after.size() == 1);
}
