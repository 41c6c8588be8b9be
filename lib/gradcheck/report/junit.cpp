#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/junit.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/safe_text.hpp>
#include <gradcheck/report/wording.hpp>

namespace gradcheck {
namespace {

/// A failure tells this many wrong entries of a claim; the JSON report has all.
constexpr std::size_t told_findings = 20;

enum class Outcome { passed, failed, error, skipped };

/// What becomes a <testcase>.
struct Test {
  std::string name;
  std::size_t line = 0;
  Outcome outcome = Outcome::passed;
  std::string type = {};     ///< of the failure
  std::string message = {};  ///< its first line
  std::string body = {};
};

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

/// The Char production of XML 1.0, section 2.2.
bool is_xml_character(int code) {
  return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0xD7FF) ||
         (code >= 0xE000 && code <= 0xFFFD) || (code >= 0x10000 && code <= 0x10FFFF);
}

std::string xml_text(std::string_view text) {
  std::string out;
  for_each_code_point(safe_text(text), [&](std::string_view bytes, int code) {
    out += is_xml_character(code) ? bytes : std::string_view("\xEF\xBF\xBD");
  });
  return out;
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(xml_text(value).c_str());
}

void set(pugi::xml_node node, const char* name, std::size_t value) {
  set(node, name, std::to_string(value));
}

/// The diagnoses of a network's backward, a line each.
std::string diagnosis_of_network(const CaseReport& report) {
  std::string lines;
  for (const Diagnosis& diagnosis : report.diagnosis) {
    lines +=
        diagnosis.layer == of_derivation ? "" : "\n" + diagnosis_text(diagnosis, report.derivation);
  }
  return lines;
}

std::string diagnosis_of_statement(const CaseReport& report, const std::string& name) {
  std::string lines;
  for (const Diagnosis& diagnosis : report.diagnosis) {
    const bool its = diagnosis.layer == of_derivation && diagnosis.tensor == name;
    lines += its ? "\n" + diagnosis_text(diagnosis, report.derivation) : "";
  }
  return lines;
}

Test tensor_test(const CaseReport& report, const TensorReport& tensor, bool allow_inconclusive) {
  Test test{.name = "tensor " + tensor.name};
  const bool waived = tensor.verdict == Verdict::inconclusive && allow_inconclusive;
  if (tensor.verdict != Verdict::agree && !waived) {
    test.outcome = Outcome::failed;
    test.type = to_string(tensor.verdict);
    test.message = worst_text(tensor);
    test.body = fmt::format("{}\n{}\nshape {}, max relative error {}, max bound {}\n{}",
                            test.message, counts_text(tensor), to_string(tensor.shape),
                            magnitude_text(tensor.max_relative_error),
                            magnitude_text(tensor.max_bound), tensor.reason);
    test.body += tensor.verdict == Verdict::disagree ? diagnosis_of_network(report) : "";
  }
  return test;
}

Test claim_test(const ClaimReport& claim) {
  const std::string state = claim.after ? fmt::format("after {} ", claim.steps) : "";
  Test test{.name = fmt::format("claim {}{} {}", state, claim.kind, claim.name),
            .line = claim.line};
  std::size_t wrong = 0;
  for (const Finding& finding : claim.findings) {
    if (finding.verdict == ClaimVerdict::wrong && !finding.erratum && ++wrong <= told_findings) {
      test.body += finding_text(claim, finding) + "\n";
    }
  }
  if (wrong > told_findings) {
    test.body += fmt::format("and {} more\n", count_text(wrong - told_findings));
  }
  if (!test.body.empty()) {
    test.type = "wrong claim";
    test.message = test.body.substr(0, test.body.find('\n'));
  } else if (claim.stale_erratum) {
    test.type = "stale erratum";
    test.message = test.body = key_of(claim) + " is listed under [errata], but it is right";
  }
  test.outcome = test.type.empty() ? Outcome::passed : Outcome::failed;
  return test;
}

/// The value and shape of a wrong statement beside what is right.
std::string shapes_of(const StatementReport& statement) {
  std::string lines;
  if (statement.shape && statement.expected_shape) {
    lines += fmt::format("\nshape {}, expected {}", to_string(*statement.shape),
                         to_string(*statement.expected_shape));
  }
  for (const HelperReport& helper : statement.helpers) {
    lines += fmt::format("\nhelper, line {}: {}", helper.line, helper.statement);
  }
  return lines;
}

Test statement_test(const CaseReport& report, const StatementReport& statement) {
  Test test{.name = "derivation " + statement.target, .line = statement.line};
  if (statement.stale_erratum) {
    test.outcome = Outcome::failed;
    test.type = "stale erratum";
    test.message = "derivation." + statement.target + " is listed under [errata], but it is right";
    test.body = test.message;
  } else if (statement.verdict == StatementVerdict::inherited) {
    test.outcome = Outcome::skipped;
    test.message = "inherited from a wrong statement before it: " + statement.statement;
  } else if (statement.verdict == StatementVerdict::not_judged) {
    test.outcome = Outcome::skipped;
    test.message = "not judged, what it reads has no value: " + statement.statement;
  } else if (statement.verdict == StatementVerdict::disagree && !statement.erratum) {
    test.outcome = Outcome::failed;
    test.type = statement.first_wrong ? "first wrong statement" : "wrong statement";
    test.message = statement.statement;
    test.body = fmt::format("{}\n{}{}{}", statement.statement, statement.detail,
                            shapes_of(statement), diagnosis_of_statement(report, statement.name));
  }
  return test;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    out += line + "\n";
  }
  return out;
}

Test error_test(const CaseReport& report, const CaseError& error, std::size_t number) {
  return {number == 1 ? "case" : fmt::format("case, error {}", number),
          error.line,
          Outcome::error,
          "error",
          error.message,
          place_of(report.file, error.line, error.column) + ": " + error.message};
}

/// For what no tensor, claim or statement stands for: a case without any, gradients that are all
/// zero.
Test case_test(const CaseReport& report, bool passed) {
  Test test{.name = "case"};
  if (!passed) {
    test.outcome = Outcome::failed;
    test.type = to_string(report.verdict);
    test.message = report.only_zeros ? "every gradient is zero on both sides" : test.type;
    test.body = joined(report.findings.empty() ? report.notes : report.findings);
  }
  return test;
}

std::vector<Test> tests_of(const CaseReport& report, bool allow_inconclusive) {
  std::vector<Test> tests;
  for (const CaseError& error : errors_of(report)) {
    tests.push_back(error_test(report, error, tests.size() + 1));
  }
  for (const TensorReport& tensor : report.tensors) {
    tests.push_back(tensor_test(report, tensor, allow_inconclusive));
  }
  for (const ClaimReport& claim : report.claims) {
    tests.push_back(claim_test(claim));
  }
  for (const StatementReport& statement : report.derivation) {
    tests.push_back(statement_test(report, statement));
  }
  const bool passed = passes(report, allow_inconclusive);
  const bool failed_somewhere = std::any_of(tests.begin(), tests.end(), [](const Test& test) {
    return test.outcome == Outcome::failed || test.outcome == Outcome::error;
  });
  if (tests.empty() || (!passed && !failed_somewhere)) {
    tests.push_back(case_test(report, passed));
  }
  return tests;
}

void append_outcome(pugi::xml_node node, const Test& test) {
  if (test.outcome == Outcome::passed) {
    return;
  }
  if (test.outcome == Outcome::skipped) {
    set(node.append_child("skipped"), "message", test.message);
    return;
  }
  pugi::xml_node child = node.append_child(test.outcome == Outcome::error ? "error" : "failure");
  set(child, "message", test.message);
  set(child, "type", test.type);
  child.text().set(xml_text(test.body).c_str());
}

void append_test(pugi::xml_node suite, const CaseReport& report, const Test& test) {
  pugi::xml_node node = suite.append_child("testcase");
  set(node, "classname", report.id);
  set(node, "name", test.name);
  set(node, "file", report.file);
  if (test.line > 0) {
    set(node, "line", test.line);
  }
  append_outcome(node, test);
}

void make_names_unique(std::vector<Test>& tests) {
  std::set<std::string> used;
  for (Test& test : tests) {
    const std::string name = test.name;
    for (int n = 2; !used.insert(test.name).second; ++n) {
      test.name = fmt::format("{} ({})", name, n);
    }
  }
}

Counts counts_of(const std::vector<Test>& tests) {
  Counts counts{.tests = tests.size()};
  for (const Test& test : tests) {
    counts.failures += test.outcome == Outcome::failed ? 1 : 0;
    counts.errors += test.outcome == Outcome::error ? 1 : 0;
    counts.skipped += test.outcome == Outcome::skipped ? 1 : 0;
  }
  return counts;
}

void set_counts(pugi::xml_node node, const Counts& counts, double seconds) {
  set(node, "tests", counts.tests);
  set(node, "failures", counts.failures);
  set(node, "errors", counts.errors);
  set(node, "skipped", counts.skipped);
  set(node, "time", fmt::format("{:.3f}", seconds));
}

Counts append_suite(pugi::xml_node suites, const CaseReport& report, bool allow_inconclusive) {
  std::vector<Test> tests = tests_of(report, allow_inconclusive);
  make_names_unique(tests);
  const Counts counts = counts_of(tests);
  pugi::xml_node suite = suites.append_child("testsuite");
  set(suite, "name", report.id);
  set_counts(suite, counts, report.seconds);
  for (const Test& test : tests) {
    append_test(suite, report, test);
  }
  return counts;
}

}  // namespace

std::string to_junit(const Report& report, bool allow_inconclusive) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node suites = document.append_child("testsuites");
  set(suites, "name", "gradcheck");
  Counts all;
  for (const CaseReport& one : report.cases) {
    const Counts counts = append_suite(suites, one, allow_inconclusive);
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
    all.skipped += counts.skipped;
  }
  set_counts(suites, all, report.seconds);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace gradcheck
