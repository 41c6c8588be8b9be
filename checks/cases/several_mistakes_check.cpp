#include <string>

#include <doctest/doctest.h>

#include "run_helpers.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

// All mistakes that a file's form, its network and what stands beside it have.
std::string mistakes_in(const std::string& text) {
  Mistakes mistakes;
  mistakes.attempt([&] {
    const CaseReport report = check_case(read_case(text), {}).report;
    for (const CaseError& one : told(report)) {
      mistakes.add({{one.line, one.column}, one.message});
    }
  });
  std::string all;
  for (const LocatedError& one : mistakes.all()) {
    all += at(one.at) + ": " + one.what() + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("several mistakes: those of the form and of the network are told together") {
  CHECK(mistakes_in("titel = 'a'\nnetwork = '''\ny = relo(x)\nz = y +\nL = sum(w * v)\n'''\n"
                    "[inputs]\nx = 1\nv = 'sin('\n[parameters]\nw = 1\n") ==
        "1:1: unknown key 'titel', did you mean 'title'?\n"
        "3:5: unknown function 'relo', did you mean 'relu'?\n"
        "4:8: expected an expression after '+', got the end of the line\n"
        "9:10: expected an expression after '(', got the end\n");
}

TEST_CASE("several mistakes: what depends on another mistake is not told") {
  const std::string text =
      "network = '''\ny = x * * w\nz = y + b\nL = sum(z)\n'''\n[inputz]\nx = 1\n[parameters]\n"
      "w = 'q'\nb = 1\n[update]\nlearning_rate = '1'\n[claims.forward]\ny = 1\nz = 2\nb = 1\n"
      "[claims.gradient]\nbb = 3\n\"L[2]\" = 1\n[claims.updated]\nb = 1\n";
  CHECK(mistakes_in(text) ==
        "2:9: expected an expression after '*', got '*'\n"
        "6:2: unknown key 'inputz', did you mean 'inputs'?\n"
        "9:6: unknown name 'q'\n"
        "12:17: update: learning_rate has \"1\", expected a finite number, a list of them by step, "
        "or a table of them by parameter\n");
  CHECK(mistakes_in("network = 'y = x * w; L = sum(y'\n[inputs]\nx = 1\n[parameters]\nw = 1\n"
                    "[claims.forward]\nyy = 1\nL = 1\n") ==
        "1:32: missing ')' for the '(' at 1:30, got the end\n"
        "7:1: unknown name 'yy'\n");
}

TEST_CASE("several mistakes: each table tells all of its own") {
  CHECK(mistakes_in("network = 'L = w * w'\nparameters.w = 1\n[settings]\nrtoll = 1\nstp = 2\n"
                    "step = 0\nmethod = 'left'\n[claims]\ntoleranc = 1\nstrict = 1\n"
                    "[claims.forward]\nL = true\n[[claims.after]]\nstepz = 1\nforward.L = 1\n"
                    "[[claims.after]]\nsteps = -1\nforward.L = 'x y'\n[errata]\n\"a.b\" = ''\n"
                    "c = 1\n") ==
        "4:1: settings: unknown key 'rtoll', did you mean 'rtol'?\n"
        "5:1: settings: unknown key 'stp', did you mean 'step'?\n"
        "6:8: settings: step has 0, expected a finite number above 0\n"
        "7:10: settings: method has \"left\", expected \"central\" or \"forward\"\n"
        "9:1: claims: unknown key 'toleranc', did you mean 'tolerance'?\n"
        "10:10: claims: strict has 1, expected true or false\n"
        "12:5: claims.forward: L has true, expected numbers, LaTeX or a formula\n"
        "13:1: these are claims after a step, expected an [update] table\n"
        "14:1: claims.after: unknown key 'stepz', did you mean 'steps'?\n"
        "16:1: these are claims after a step, expected an [update] table\n"
        "17:9: claims.after: steps has -1, expected an integer from 0 to 1000000\n"
        "20:9: errata: a.b has \"\", expected the reason, a text\n"
        "21:5: errata: c has 1, expected the reason, a text\n");
}

TEST_CASE("several mistakes: the network's and the derivation's are told together") {
  CHECK(mistakes_in("network = '''\ny = x @@ w\nL = sum(y)\n'''\ninputs.x = 1\nparameters.w = 1\n"
                    "derivation.steps = '''\ndy = y +\ndw = dy * / x\n'''\n") ==
        "2:8: expected an expression after '@', got '@'\n"
        "8:9: expected an expression after '+', got the end of the line\n"
        "9:11: expected an expression after '*', got '/'\n");
}

TEST_CASE("several mistakes: an unknown loss and a value that nothing uses") {
  CHECK(mistakes_in("loss = 'M'\nnetwork = 'L = w * w'\nparameters.w = 1\nparameters.v = 1\n") ==
        "1:9: unknown name 'M'\n"
        "4:12: 'v' is given but the network does not use it\n");
}
