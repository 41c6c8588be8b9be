#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <pugixml.hpp>
#include <report/sample_report.hpp>

#include <gradcheck/report/junit.hpp>

using namespace gradcheck;

namespace {

pugi::xml_document read(const Report& report, bool allow_inconclusive = false) {
  pugi::xml_document document;
  REQUIRE(document.load_string(to_junit(report, allow_inconclusive).c_str()));
  return document;
}

pugi::xml_node suite(const pugi::xml_document& document, const char* name) {
  return document.child("testsuites").find_child_by_attribute("testsuite", "name", name);
}

pugi::xml_node test(const pugi::xml_node& suite_node, const char* name) {
  return suite_node.find_child_by_attribute("testcase", "name", name);
}

Report report_of(const CaseReport& one) {
  Report report;
  report.cases = {one};
  return report;
}

/// Runs xmllint over the report, from the repository's top level, where the tests run.
bool is_valid(const Report& report) {
  namespace fs = std::filesystem;
  const fs::path script = "checks/report/junit_valid";
  const fs::path file =
      fs::temp_directory_path() / ("gradcheck_junit_" + std::to_string(std::rand()) + ".xml");
  std::ofstream(file) << to_junit(report);
  const std::string command = "sh '" + script.string() + "' '" + file.string() + "' 2>/dev/null";
  const bool valid = std::system(command.c_str()) == 0;
  fs::remove(file);
  return valid;
}

}  // namespace

TEST_CASE("junit: a suite per case, a test case per tensor, claim and derivation statement") {
  const pugi::xml_document document = read(sample::report());
  const pugi::xml_node wrong = suite(document, "cases/003/problem_2");
  std::vector<std::string> names;
  for (const pugi::xml_node& one : wrong.children("testcase")) {
    names.push_back(one.attribute("name").value());
    CHECK(one.attribute("classname").value() == std::string("cases/003/problem_2"));
    CHECK(one.attribute("file").value() == std::string("cases/003/problem_2.toml"));
  }
  CHECK(names == std::vector<std::string>{"tensor 가중치", "tensor W3", "tensor b3",
                                          "claim updated W3", "claim after 1 forward L",
                                          "claim forward z3[0]", "derivation dz3", "derivation dz2",
                                          "derivation dW1"});
  CHECK(test(wrong, "claim updated W3").attribute("line").as_int() == 31);
  CHECK(wrong.attribute("failures").as_int() == 6);
  CHECK(wrong.attribute("skipped").as_int() == 1);
  CHECK(document.child("testsuites").attribute("tests").as_int() == 13);
}

TEST_CASE("junit: a failure has its numbers in the body") {
  const pugi::xml_document document = read(sample::report());
  const pugi::xml_node wrong = suite(document, "cases/003/problem_2");
  const std::string tensor = test(wrong, "tensor W3").child("failure").text().get();
  CHECK(tensor.find("W3[1, 1]: analytic -0.5, numeric -1, bound 3.0e-12") == 0);
  const std::string claim = test(wrong, "claim updated W3").child("failure").text().get();
  CHECK(claim == "updated.W3[1, 1] prints -0.94, computed -0.44\n");  // and not the erratum
  CHECK(test(wrong, "derivation dW1").child("skipped"));
  CHECK_FALSE(test(wrong, "derivation dz3").first_child());
}

TEST_CASE("junit: a failure has the diagnosis in its body, each where it belongs") {
  const pugi::xml_document document = read(sample::report());
  const pugi::xml_node wrong = suite(document, "cases/003/problem_2");
  const std::string tensor = test(wrong, "tensor W3").child("failure").text().get();
  CHECK(tensor.find("\none entry in affine (line 3), gradient of W3: only [1, 1]: ") !=
        std::string::npos);
  CHECK(tensor.find("derivation") == std::string::npos);
  const std::string statement = test(wrong, "derivation dz2").child("failure").text().get();
  CHECK(statement.find("\nconstant factor in the derivation, gradient of z2: ") !=
        std::string::npos);
  CHECK(statement.find("affine") == std::string::npos);
}

TEST_CASE("junit: a case that could not be checked is one test case with an error") {
  const pugi::xml_document document = read(sample::report());
  const pugi::xml_node broken = suite(document, "cases/004/broken");
  CHECK(broken.attribute("tests").as_int() == 1);
  CHECK(broken.attribute("errors").as_int() == 1);
  CHECK(broken.attribute("failures").as_int() == 0);
  const pugi::xml_node only = test(broken, "case");
  CHECK(only.attribute("line").as_int() == 7);
  CHECK_FALSE(only.child("failure"));
  CHECK(only.child("error").text().get() ==
        std::string("cases/004/broken.toml:7:6: unknown function 'sigmod', did you mean "
                    "'sigmoid'?"));
}

TEST_CASE("junit: errata and claims off in the last digit pass, stale errata fail") {
  CaseReport report = sample::good_case();
  report.claims = {sample::updated_claim(), sample::stale_claim()};
  report.claims[0].findings.erase(report.claims[0].findings.begin() + 1);
  const pugi::xml_document document = read(report_of(report));
  const pugi::xml_node node = suite(document, report.id.c_str());
  CHECK_FALSE(test(node, "claim updated W3").first_child());
  CHECK(test(node, "claim forward z3[0]").child("failure").attribute("type").value() ==
        std::string("stale erratum"));
}

TEST_CASE("junit: what is inconclusive fails unless that is allowed") {
  CaseReport report = sample::good_case();
  report.verdict = Verdict::inconclusive;
  report.tensors = {sample::not_finite_tensor()};
  const char* const id = report.id.c_str();
  CHECK(test(suite(read(report_of(report)), id), "tensor b3").child("failure"));
  CHECK_FALSE(test(suite(read(report_of(report), true), id), "tensor b3").first_child());
}

TEST_CASE("junit: gradients that are all zero fail in any case") {
  for (const bool allow : {false, true}) {
    const pugi::xml_document document = read(report_of(sample::dead_case()), allow);
    CHECK(test(suite(document, "cases/005/dead"), "case").child("failure"));
  }
}

TEST_CASE("junit: names are unique in their suite") {
  CaseReport report = sample::good_case();
  report.claims = {sample::stale_claim(), sample::stale_claim(), sample::stale_claim()};
  const pugi::xml_document document = read(report_of(report));
  CHECK(test(suite(document, report.id.c_str()), "claim forward z3[0] (3)"));
}

TEST_CASE("junit: characters that XML forbids are replaced") {
  CaseReport report = sample::broken_case();
  report.error->message = "a\x01<b>&\"\x1b\xff\uFFFE]]>";
  const std::string text = to_junit(report_of(report));
  CHECK(text.find("a\uFFFD&lt;b&gt;&amp;\"\uFFFD\uFFFD\uFFFD]]&gt;") != std::string::npos);
  CHECK(is_valid(report_of(report)));
}

TEST_CASE("junit: the reports are valid against the schema") {
  CHECK(is_valid(sample::report()));
  CHECK(is_valid(Report()));
}
