#include "students.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/cases/case_run.hpp>

namespace gradcheck::checks {

namespace {

/// An exercise: what stands before the derivation, with {} for the student's seeds, and its lines.
struct Exercise {
  std::string head;
  std::vector<std::string> lines;
};

const Exercise& two_layers() {
  static const Exercise exercise{
      "network = '''\nz1 = W1 @ x + b1\na1 = sigmoid(z1)\nz2 = W2 @ a1 + b2\n"
      "L = half_squared_error(z2, t)\n'''\n[inputs]\nx = { normal = [3], seed = SEED1 }\n"
      "t = { normal = [2], seed = SEED2 }\n[parameters]\nW1 = { normal = [4, 3], seed = SEED3 }\n"
      "b1 = { normal = [4], seed = SEED4 }\nW2 = { normal = [2, 4], seed = SEED5 }\n"
      "b2 = { normal = [2], seed = SEED6 }\n",
      {"dz2 = z2 - t", "dW2 = outer(dz2, a1)", "db2 = dz2", "da1 = W2.T @ dz2",
       "dz1 = da1 * a1 * (1 - a1)", "dW1 = outer(dz1, x)", "db1 = dz1"}};
  return exercise;
}

const Exercise& classifier() {
  static const Exercise exercise{
      "network = '''\nz1 = X @ W1 + b1\na1 = relu(z1)\nz2 = a1 @ W2 + b2\np = softmax(z2)\n"
      "L = softmax_cross_entropy(z2, t)\n'''\nloss = 'L'\n[inputs]\n"
      "X = { normal = [5, 3], seed = SEED1 }\n"
      "t = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]\n[parameters]\n"
      "W1 = { normal = [3, 4], seed = SEED2 }\nb1 = { normal = [4], seed = SEED3 }\n"
      "W2 = { normal = [4, 3], seed = SEED4 }\nb2 = { normal = [3], seed = SEED5 }\n",
      {"dz2 = (p - t) / 5", "dW2 = a1.T @ dz2", "db2 = sum(dz2, axis=0)", "da1 = dz2 @ W2.T",
       "dz1 = da1 * (z1 > 0)", "dW1 = X.T @ dz1", "db1 = sum(dz1, axis=0)"}};
  return exercise;
}

const Exercise& ridge() {
  static const Exercise exercise{
      "network = '''\ny = X @ w + b\nL = sum((y - t) ** 2) + decay * sum(w ** 2)\n'''\n[inputs]\n"
      "X = { normal = [6, 3], seed = SEED1 }\nt = { normal = [6], seed = SEED2 }\n[constants]\n"
      "decay = 0.3\n[parameters]\nw = { normal = [3], seed = SEED3 }\nb = 0.25\n",
      {"dy = 2 * (y - t)", "dw = X.T @ dy + 2 * decay * w", "db = sum(dy)"}};
  return exercise;
}

const Exercise& with_helpers() {
  static const Exercise exercise{
      "network = '''\nf = tanh(W @ x + c)\nL = half_squared_error(V @ f, t)\n'''\n[inputs]\n"
      "x = { normal = [3], seed = SEED1 }\nt = { normal = [2], seed = SEED2 }\n[parameters]\n"
      "W = { normal = [4, 3], seed = SEED3 }\nc = { normal = [4], seed = SEED4 }\n"
      "V = { normal = [2, 4], seed = SEED5 }\n",
      {"err = V @ f - t", "dV = outer(err, f)", "df = V.T @ err", "slope = 1 - f ** 2",
       "delta = df * slope", "dW = outer(delta, x)", "dc = delta"}};
  return exercise;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string file_of(const Exercise& exercise, const std::vector<std::string>& lines,
                    std::size_t student) {
  std::string text = exercise.head;
  for (std::size_t k = 1; k <= 6; ++k) {
    text = replaced(text, fmt::format("SEED{}", k), std::to_string(10 * student + k));
  }
  text += "[derivation]\nsteps = '''\n";
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  return text + "'''\n";
}

/// A mistake: one line of an exercise written in another way; `before` is a line put in front.
struct Mistake {
  std::string kind;
  const Exercise& exercise;
  std::string right;
  std::string wrong;
  std::set<std::string> patterns;
  std::string before = {};
};

std::vector<Mistake> mistakes() {
  const std::set<std::string> sign{"sign flipped", "sign of a term"};
  const std::set<std::string> turned{"factors exchanged or not transposed", "transpose",
                                     "transposed", "another order"};
  const std::set<std::string> derivative{"another activation's derivative", "other derivative"};
  const std::set<std::string> at_wrong{"derivative at the wrong value"};
  const std::set<std::string> missing{"derivative missing", "missing mask"};
  const std::set<std::string> too_many{"derivative too many"};
  const std::set<std::string> factor{"constant factor", "factor too many", "mean over the batch",
                                     "sum over the batch", "another operation"};
  const std::set<std::string> square{"factor 2 of a square", "constant factor"};
  const std::set<std::string> not_summed{"not summed over the batch"};
  const std::set<std::string> updated{"updated in place of old values"};
  const std::set<std::string> other{"another value", "inputs exchanged"};
  const std::set<std::string> term{"missing fan-out", "term missing"};
  const std::set<std::string> product{"another product"};
  const std::set<std::string> operation{"another operation", "wrong local derivative",
                                        "other derivative"};
  const Exercise &two = two_layers(), &many = classifier(), &square_loss = ridge(),
                 &helped = with_helpers();
  return {
      {"sign", two, "dz2 = z2 - t", "dz2 = t - z2", sign},
      {"sign", many, "dz2 = (p - t) / 5", "dz2 = (t - p) / 5", sign},
      {"sign of a term", square_loss, "dw = X.T @ dy + 2 * decay * w",
       "dw = X.T @ dy - 2 * decay * w", sign},
      {"sign", two, "dz1 = da1 * a1 * (1 - a1)", "dz1 = da1 * a1 * (1 + a1)", sign},
      {"transpose left out", two, "da1 = W2.T @ dz2", "da1 = W2 @ dz2", turned},
      {"transpose left out", many, "dW2 = a1.T @ dz2", "dW2 = a1 @ dz2", turned},
      {"transpose left out", many, "da1 = dz2 @ W2.T", "da1 = dz2 @ W2", turned},
      {"factors exchanged", two, "dW1 = outer(dz1, x)", "dW1 = outer(x, dz1)", turned},
      {"factors exchanged", many, "dW1 = X.T @ dz1", "dW1 = dz1.T @ X", turned},
      {"another activation's derivative", two, "dz1 = da1 * a1 * (1 - a1)",
       "dz1 = da1 * (1 - a1 ** 2)", derivative},
      {"another activation's derivative", helped, "slope = 1 - f ** 2", "slope = f * (1 - f)",
       derivative},
      {"derivative at the wrong value", two, "dz1 = da1 * a1 * (1 - a1)",
       "dz1 = da1 * z1 * (1 - z1)", at_wrong},
      {"derivative left out", two, "dz1 = da1 * a1 * (1 - a1)", "dz1 = da1", missing},
      {"mask left out", many, "dz1 = da1 * (z1 > 0)", "dz1 = da1", missing},
      {"mask left out",
       many,
       "dW1 = X.T @ dz1",
       "dW1 = X.T @ da1",
       {"another value", "missing mask"}},
      {"derivative too many",
       many,
       "dz2 = (p - t) / 5",
       "dz2 = (p - t) * p * (1 - p) / 5",
       {"derivative too many", "factor too many"}},
      {"derivative too many",
       two,
       "db1 = dz1",
       "db1 = dz1 * a1 * (1 - a1)",
       {"derivative too many", "factor too many"}},
      {"not averaged", many, "dz2 = (p - t) / 5", "dz2 = p - t", factor},
      {"averaged twice", many, "db1 = sum(dz1, axis=0)", "db1 = mean(dz1, axis=0)", factor},
      {"not summed", many, "db2 = sum(dz2, axis=0)", "db2 = dz2", not_summed},
      {"not summed", many, "db1 = sum(dz1, axis=0)", "db1 = dz1[0]", not_summed},
      {"2 of a square", square_loss, "dy = 2 * (y - t)", "dy = y - t", square},
      {"2 of a square", square_loss, "dw = X.T @ dy + 2 * decay * w", "dw = X.T @ dy + decay * w",
       square},
      {"updated weights", two, "da1 = W2.T @ dz2", "da1 = newW2.T @ dz2", updated,
       "newW2 = W2 - 0.1 * dW2"},
      {"updated weights", many, "da1 = dz2 @ W2.T", "da1 = dz2 @ (W2 - 0.5 * dW2).T", updated},
      {"another value",
       two,
       "dW1 = outer(dz1, x)",
       "dW1 = outer(da1, x)",
       {"another value", "derivative missing"}},
      {"another value", helped, "dV = outer(err, f)", "dV = outer(err, c)", other},
      {"term left out", square_loss, "dw = X.T @ dy + 2 * decay * w", "dw = X.T @ dy", term},
      {"mask the other way", many, "dz1 = da1 * (z1 > 0)", "dz1 = da1 * (z1 < 0)", operation},
      {"another product", two, "dW2 = outer(dz2, a1)", "dW2 = dz2 * a1", product},
      {"another product", two, "da1 = W2.T @ dz2", "da1 = W2.T * dz2", product},
      {"power left as it is",
       square_loss,
       "dw = X.T @ dy + 2 * decay * w",
       "dw = X.T @ dy + decay * w ** 2",
       {"power not differentiated"}},
      {"term too many",
       square_loss,
       "db = sum(dy)",
       "db = sum(dy) + 2 * decay * b",
       {"term too many"}},
      {"wrong helper",
       helped,
       "delta = df * slope",
       "delta = df * slope * slope",
       {"derivative too many", "factor too many"}},
  };
}

}  // namespace

std::vector<Paper> stack_of_papers() {
  std::vector<Paper> stack;
  for (const Mistake& mistake : mistakes()) {
    const std::size_t student = stack.size() + 1;
    std::vector<std::string> lines = mistake.exercise.lines;
    Paper paper{mistake.kind, file_of(mistake.exercise, lines, student), {}, {}, mistake.patterns};
    auto line = std::ranges::find(lines, mistake.right);
    *line = mistake.wrong;
    if (!mistake.before.empty()) {
      line = std::next(lines.insert(line, mistake.before));
    }
    const std::string head = mistake.exercise.head;
    paper.line =
        static_cast<std::size_t>(std::ranges::count(head, '\n') + 3 + (line - lines.begin()));
    paper.written = file_of(mistake.exercise, lines, student);
    stack.push_back(std::move(paper));
  }
  return stack;
}

namespace {

std::size_t disagreeing(const CaseReport& report, std::size_t but_for_line) {
  std::size_t lines = 0;
  for (const StatementReport& statement : report.derivation) {
    const bool accused = statement.verdict == StatementVerdict::disagree;
    lines += accused && statement.line != but_for_line ? 1 : 0;
  }
  return lines;
}

}  // namespace

Grade grade(const Paper& paper) {
  Grade grade;
  const CaseReport right = check_case(parse_case_file(paper.right), {}).report;
  grade.accused = disagreeing(right, 0) + (right.verdict == Verdict::agree ? 0 : 1);
  const CaseReport written = check_case(parse_case_file(paper.written), {}).report;
  grade.accused += disagreeing(written, paper.line);
  for (const StatementReport& statement : written.derivation) {
    grade.line_found = grade.line_found || (statement.first_wrong && statement.line == paper.line);
    if (statement.verdict != StatementVerdict::agree) {
      grade.said += fmt::format("  {} {}: {}\n", statement.line, to_string(statement.verdict),
                                statement.statement);
    }
  }
  for (const Diagnosis& diagnosis : written.diagnosis) {
    grade.diagnosed = grade.diagnosed || paper.patterns.contains(diagnosis.pattern);
    grade.said += fmt::format("  {}: {}\n", diagnosis.pattern, diagnosis.detail);
  }
  if (written.error) {
    grade.said += "  " + written.error->message + "\n";
  }
  return grade;
}

}  // namespace gradcheck::checks
