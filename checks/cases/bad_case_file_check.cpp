#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradcheck/cases/case_file.hpp>

#include "case_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

TEST_CASE("case file: a mistake of form is reported at its place") {
  struct Row {
    std::string text;
    std::string message;
  };
  for (
      const Row& row : std::vector<Row>{
          {"[inputz]", "5:2: unknown key 'inputz', did you mean 'inputs'?"},
          {"[qqqqq]",
           "5:2: unknown key 'qqqqq', expected check, claims, constants, derivation, errata, "
           "inputs, loss, "
           "network, parameters, settings, source, title or update"},
          {"title = 3", "5:9: title has 3, expected a text"},
          {"title = [1]", "5:9: title has an array, expected a text"},
          {"source = true", "5:10: source has true, expected a text"},
          {"check = 'a'", "5:9: check has \"a\", expected a list of names, as in [\"a1\", \"z2\"]"},
          {"check = ['a', 3]",
           "5:15: check has 3, expected a list of names, as in [\"a1\", \"z2\"]"},
          {"loss = 3", "5:8: loss has 3, expected the name of a value"},
          {"inputs = 3", "5:10: inputs has 3, expected a table"},
          {"[[inputs]]", "5:1: inputs has an array, expected a table"},
          {"[inputs]\nx = 1\n[parameters]\nx = 2",
           "8:1: parameters: name 'x' is given already, at 6:1"},
          {"[constants]\n\"x\" = 1\n[inputs]\ny = 1\nx = 2",
           "9:1: inputs: name 'x' is given already, at 6:2"},
          {"[inputs]\nx = 1\nx = 2",
           "7:5: not valid TOML: while parsing key-value pair: cannot redefine existing "
           "integer 'x'"},
          {"[inputs]\n\"a b\" = 1",
           "6:2: inputs: name has 'a b', expected letters, digits and _, as in W1"},
          {"[inputs]\n3x = 1",
           "6:1: inputs: name has '3x', expected letters, digits and _, as in W1"},
          {"[inputs]\n_ = 1",
           "6:1: inputs: name has '_', expected letters, digits and _, as in W1"},
          {"[inputs]\n'é!' = 1",
           "6:2: inputs: name has 'é!', expected letters, digits and _, as in W1"},
          {"[inputs]\n\"\" = 1",
           "6:2: inputs: name has '', expected letters, digits and _, as in W1"},
          {"[settings]\nrtoll = 1", "6:1: settings: unknown key 'rtoll', did you mean 'rtol'?"},
          {"[settings]\nrtol = -1", "6:8: settings: rtol has -1, expected a finite number from 0"},
          {"[settings]\nrtol = '1'",
           "6:8: settings: rtol has \"1\", expected a finite number from 0"},
          {"[settings]\nstep = 0", "6:8: settings: step has 0, expected a finite number above 0"},
          {"[settings]\nstep = inf",
           "6:8: settings: step has inf, expected a finite number above 0"},
          {"[settings]\nmethod = 'centra'",
           "6:10: settings: method has \"centra\", expected \"central\" or \"forward\""},
          {"[settings]\nprecision = 'float16'",
           "6:13: settings: precision has \"float16\", expected \"float64\" or \"float32\""},
          {"[settings]\nmethod = 2",
           "6:10: settings: method has 2, expected \"central\" or \"forward\""},
          {"[update]\nrule = 'adam'\nbeta1 = 1",
           "6:8: update: only sgd is supported so far, got 'adam'"},
          {"[update]\nrule = 1", "6:8: update: rule has 1, expected \"sgd\""},
          {"[update]\nlearning_rat = 1",
           "6:1: update: unknown key 'learning_rat', did you mean 'learning_rate'?"},
          {"[update]\nrule = 'sgd'", "5:2: update: key 'learning_rate' is missing"},
          {"[update]\nlearning_rate = nan",
           "6:17: update: learning_rate has nan, expected a finite number, a list of them by step, "
           "or "
           "a table of them by parameter"},
          {"[update]\nlearning_rate = '1'",
           "6:17: update: learning_rate has \"1\", expected a finite number, a list of them by "
           "step, or "
           "a table of them by parameter"},
          {"[update]\nlearning_rate = 1\nsteps = 0",
           "7:9: update: steps has 0, expected an integer from 1 to 1000000"},
          {"[update]\nlearning_rate = 1\nsteps = 1.0",
           "7:9: update: steps has 1.0, expected an integer from 1 to 1000000"},
          {"[update]\nlearning_rate = 1\nsteps = 1000001",
           "7:9: update: steps has 1000001, expected an integer from 1 to 1000000"},
          {"[claims]\ntolerance = -1",
           "6:13: claims: tolerance has -1, expected a finite number from 0"},
          {"[claims]\nz = 1",
           "6:1: claims: unknown key 'z', expected forward, gradient, updated, change, jacobian, "
           "after, numeric, tolerance or strict"},
          {"[claims.forwrd]", "5:9: claims: unknown key 'forwrd', did you mean 'forward'?"},
          {"[claims]\nforward = 1", "6:11: claims: forward has 1, expected a table"},
          {"[claims.forward]\nz = true",
           "6:5: claims.forward: z has true, expected numbers, LaTeX or a formula"},
          {"[claims.forward]\nz = [1, nan]",
           "6:9: claims.forward: z has nan, expected a finite number that a double holds"},
          {"[claims.forward]\nz = 1e-999",
           "6:5: claims.forward: z has 1e-999, expected a finite number that a double holds"},
          {"[claims.forward]\nz = [[1], [2, 3]]",
           "6:11: claims.forward: z has a row of 2 entries, expected 1 as in the first"},
          {"[claims.forward]\nz = { full = [2] }", "6:1: claims.forward.z: key 'value' is missing"},
          {"[claims.forward]\nz = { shape = [2] }",
           "6:7: claims.forward.z: unknown key 'shape', expected latex, zeros, ones, full or file"},
          {"[claims.forward]\nz = '\\begin{pmatrix} 1 & x'",
           "6:26: claims.forward.z: LaTeX has 'x', expected a number"},
          {"[claims.after]\nsteps = 1",
           "5:1: claims: after has a table, expected tables headed [[claims.after]]"},
          {"[claims]\nafter = [1]",
           "6:10: claims: after has 1, expected tables headed [[claims.after]]"},
          {"[[claims.after]]\nforward.L = 1", "5:1: claims.after: key 'steps' is missing"},
          {"[[claims.after]]\nsteps = -1",
           "6:9: claims.after: steps has -1, expected an integer from 0 to 1000000"},
          {"[[claims.after]]\nsteps = 1.5",
           "6:9: claims.after: steps has 1.5, expected an integer from 0 to 1000000"},
          {"[[claims.after]]\nsteps = 1\njacobian.L = 1",
           "7:1: claims.after: unknown key 'jacobian', expected steps, "
           "forward, gradient, updated or change"},
          {"[[claims.after]]\nsteps = 1\nforward = 1",
           "7:11: claims.after: forward has 1, expected a table"},
          {"[derivation]\nstep = ''", "6:1: derivation: unknown key 'step', did you mean 'steps'?"},
          {"[derivation]", "5:2: derivation: key 'steps' is missing"},
          {"[derivation]\nsteps = 1",
           "6:9: derivation: steps has 1, expected statements, between ''' and '''"},
          {"[derivation]\nsteps = ' '",
           "6:9: derivation: steps has no statements, expected one at least"},
          {"[errata]\n\"updated.b\" = 3",
           "6:15: errata: updated.b has 3, expected the reason, a text"},
          {"[errata]\nupdated.b = 3", "6:13: errata.updated: b has 3, expected the reason, a text"},
          {"[errata]\nx = ' '", "6:5: errata: x has \" \", expected the reason, a text"},
      }) {
    CAPTURE(row.text);
    CHECK(error_after_network(row.text) == row.message);
  }
}

TEST_CASE("case file: a file needs a network") {
  for (const std::string& text :
       std::vector<std::string>{"", "\n", "# nothing\n", "\xEF\xBB\xBF"}) {
    CHECK(parse_error(text) == "1:1: the file is empty, expected at least a network");
  }
  CHECK(parse_error("title = 'x'") == "1:1: key 'network' is missing");
  CHECK(parse_error("network = 3") ==
        "1:11: network has 3, expected statements, between ''' and '''");
  CHECK(parse_error("network = '''\n\n'''") ==
        "1:11: network has no statements, expected one at least");
  CHECK(parse_error("network = \"\"") == "1:11: network has no statements, expected one at least");
}

TEST_CASE("case file: the first mistake is the one reported") {
  CHECK(error_after_network("title = 3\n[inputz]") == "5:9: title has 3, expected a text");
  CHECK(error_after_network("[update]\nsteps = 0\n[claims]\nz = 1") ==
        "5:2: update: key 'learning_rate' is missing");
}

TEST_CASE("case file: what is no TOML is refused at its place") {
  struct Row {
    std::string text;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {"x = [1,", "1:8: not valid TOML: while parsing array: encountered end-of-file"},
           {"x = \"\xff\"", "1:5: not valid TOML: encountered invalid utf-8 sequence"},
           {"# \xff", "1:2: not valid TOML: encountered invalid utf-8 sequence"},
           {"[a]\n[a]",
            "2:1: not valid TOML: while parsing table header: cannot redefine existing table 'a'"},
           {"network = '''\na = 1",
            "2:6: not valid TOML: while parsing literal string: encountered end-of-file"},
           {std::string("x = \0", 5),
            "1:5: not valid TOML: while parsing value: unexpected control character"},
       }) {
    CAPTURE(row.text);
    CHECK(parse_error(row.text) == row.message);
  }
}

TEST_CASE("case file: what would exhaust the TOML parser is refused before") {
  const auto dotted = [](std::size_t dots) { return "a" + repeated(".a", dots); };
  CHECK(parse_error(dotted(64) + " = 1") ==
        "1:1: unknown key 'a', expected check, claims, constants, derivation, "
        "errata, inputs, loss, network, parameters, settings, source, title or update");
  CHECK(parse_error(dotted(65) + " = 1") == "1:130: a key may have at most 64 dots");
  CHECK(parse_error("[" + dotted(65) + "]") == "1:131: a key may have at most 64 dots");
  CHECK(parse_error("x = 1\ny = {" + dotted(500000) + " = 1}") ==
        "2:135: a key may have at most 64 dots");
  CHECK(parse_error("a.\"b\".'c'" + repeated(" . a", 500000)) ==
        "1:259: a key may have at most 64 dots");
  CHECK(parse("title = '" + repeated(".", 100) + "' # " + repeated(".", 100)).title.size() == 100);
  CHECK(parse("title = \"\"\"" + repeated("\\\".", 100) + "\"\"\"").title.size() == 200);
  CHECK(parse("[claims.forward]\nz = [" + repeated("0.5, ", 100) + "]").claims[0].value.shape ==
        Shape{100});

  CHECK(parse_error("x = " + repeated("[", 65)) ==
        "1:69: arrays and tables may nest at most 64 levels deep");
  CHECK(parse_error("x = " + repeated("{a=", 1000000)) ==
        "1:197: arrays and tables may nest at most 64 levels deep");
  CHECK(parse("title = '" + repeated("[", 100) + "' # " + repeated("{", 100)).title.size() == 100);

  const std::string filled = network + "#" + std::string((16 << 20) - network.size() - 1, 'x');
  CHECK(parse_error(filled) == "no error");
  CHECK(parse_error(filled + "x") == "1:1: the file has 16777217 bytes, expected at most 16777216");
}

TEST_CASE("case file: a file that cannot be read is an error without a line") {
  const auto read_error = [](const std::filesystem::path& path) {
    return error_of([&] { read_case_file(path).mistakes.throw_any(); });
  };
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / "gradcheck_case_file_check";
  std::filesystem::create_directories(folder);
  CHECK(read_error(folder / "missing.toml") == "0:0: cannot be read: No such file or directory");
  CHECK(read_error(folder) == "0:0: cannot be read: Is a directory");
  CHECK(read_error("/dev/null") == "0:0: cannot be read: Not a regular file");
  CHECK(read_error(folder / "a.toml" / "b.toml").starts_with("0:0: cannot be read: "));

  const auto written = [&](const std::string& text) {
    std::ofstream(folder / "case.toml", std::ios::binary) << text;
    return folder / "case.toml";
  };
  CHECK(read_case_file(written(example)).file.title == "Two affine layers, one SGD step");
  CHECK(read_error(written("")) == "1:1: the file is empty, expected at least a network");
  CHECK(read_error(written("title = 3")) == "1:1: key 'network' is missing");
  CHECK(read_error(written(std::string((16 << 20) + 1, '\n'))) ==
        "0:0: the file has 16777217 bytes, expected at most 16777216");
  std::filesystem::remove_all(folder);
}

TEST_CASE("case file: no text crashes the reader") {
  for (std::size_t length = 0; length <= example.size(); ++length) {
    CHECK_NOTHROW(parse_error(example.substr(0, length)));
  }
  std::mt19937_64 random(5);
  for (int i = 0; i < 4000; ++i) {
    std::string text = example;
    for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t place = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[place] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(place, 1 + random() % 20);
          break;
        default:
          text.insert(place, 1, "\"'[]{}=.\n\\#,"[random() % 12]);
      }
    }
    CHECK_NOTHROW(parse_error(text));
  }
  for (int i = 0; i < 4000; ++i) {
    std::string text(random() % 60, ' ');
    for (char& c : text) {
      c = static_cast<char>(random() % 256);
    }
    CHECK_NOTHROW(parse_error(text));
  }
}

TEST_CASE("case file: what is written otherwise in other languages gets a hint") {
  const auto hint = [](const std::string& value) {
    const std::string error = error_after_network("[inputs]\nx = " + value + "\n");
    return error.substr(error.rfind("; ") == error.npos ? error.size() : error.rfind("; "));
  };
  CHECK(hint("[1., 2.]") == "; a number has digits behind its point, 1.0");
  CHECK(hint("0,5") == "; a decimal comma is written as a point, 0.5");
  CHECK(hint("True") == "; truth is written true and false");
  CHECK(hint("(0, 1)") == "; a vector is written [0, 1]");
  CHECK(given_error("'0,5'") ==
        "6:7: expected an operator or the end; a decimal comma is written as a point, got ','");
}
