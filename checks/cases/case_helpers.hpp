#pragma once
// What the checks of case files share.

#include <cstddef>
#include <string>
#include <vector>

#include <gradcheck/cases/case_file.hpp>

namespace gradcheck::checks {

inline const std::string network = "network = '''\ny = x @ W\nL = sum(y)\n'''\n";

inline std::string at(Position p) {
  return std::to_string(p.line) + ":" + std::to_string(p.column);
}

template <class Function>
inline std::string error_of(Function f) {
  try {
    f();
  } catch (const LocatedError& e) {
    return at(e.at) + ": " + e.what();
  }
  return "no error";
}

inline std::string parse_error(const std::string& text) {
  return error_of([&] { parse_case_file(text); });
}

// The error of a file whose lines from 5 on are `text`, after the network.
inline std::string error_after_network(const std::string& text) {
  return parse_error(network + text);
}

inline CaseFile parse(const std::string& text) { return parse_case_file(network + text); }

// The tensor that `[inputs] x = ...` gives.
inline Tensor given(const std::string& text) {
  return parse("[inputs]\nx = " + text).given.at(0).value;
}

inline std::string given_error(const std::string& text) {
  return error_after_network("[inputs]\nx = " + text);
}

inline std::vector<double> values(const Tensor& t) { return {t.data(), t.data() + t.size()}; }

inline std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

// The example of the design, without what needs a file or an evaluated expression.
inline const std::string example = R"(title  = "Two affine layers, one SGD step"
source = "note 003, problem 1"
check  = ["a1"]
loss = "L"

network = '''
z2 = W1 @ a1 + b1
z3 = W3 @ z2 + b3
L  = half_squared_error(z3, t)
'''

[settings]
rtol = 1e-6
method = "forward"
step = 1e-4

[inputs]                       # data and targets
a1 = [1, 1]
t  = [2, 3]

[parameters]
W1 = [[1, -2], [2, 4], [-3, 1]]
b1 = [1, 2, 3]
W3 = '\begin{pmatrix} 1 & 2 & -3 \\ 2 & -1 & 3 \end{pmatrix}'
b3 = [2, 1]

[update]
rule = "sgd"
learning_rate = 0.01
steps = 2

[claims]
tolerance = 0.5

[claims.forward]
z2 = [0, 8, 1]
"z3[0]" = 15
[claims.gradient]
z3 = [13, -7]
b3 = "z3 - t"
[claims.updated]
W3 = [[1, 0.96, -3.13], [2, -0.94, 3.07]]
[claims.change]
"b1[0]" = 0.01
[claims.jacobian]
"z3/a1" = [[14, 3], [-9, -5]]
[[claims.after]]
steps = 0
forward.L = 8.9085
[[claims.after]]
steps = 1
gradient."z3[0]" = { latex = '\begin{pmatrix} 1 & 2 \end{pmatrix}', shape = [2, 1] }

[derivation]
steps = '''
dz3 = z3 - t
db3 = dz3
'''

[errata]
"updated.W3[1, 1]" = "prints -0.94; the rule gives -0.44"
updated.b3 = "prints the update of another vector"
)";

}  // namespace gradcheck::checks
