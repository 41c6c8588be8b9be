#pragma once

#include <map>
#include <string>
#include <vector>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/network.hpp>
#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// Adds what the statements compute to the network, in their order; the last name is the loss.
/// Throws LocatedError: an unknown name or function (with the nearest valid one), a wrong number of
/// arguments, shapes that do not fit (with the statement), a name assigned twice.
void add_statements(Network& network, const std::vector<Statement>& statements,
                    const LayerLibrary& library = standard_layers());

/// Shapes that do not fit together in an expression.
class ShapeMistake : public LocatedError {
 public:
  struct Operand {
    std::string text;  ///< as written
    Shape shape;
  };
  ShapeMistake(Position where, const std::string& message, std::vector<Operand> of)
      : LocatedError(where, message), operands(std::move(of)) {}
  std::vector<Operand> operands;
};

/// Named tensors, in both precisions.
struct Environment {
  std::map<std::string, Tensor> values;
  std::map<std::string, LongTensor> long_values;  ///< of the same names
};

/// The value of an expression, in both precisions: how far they are apart tells how many digits
/// rounding took.
struct Evaluated {
  Tensor value;
  LongTensor long_value;
};

/// The value of an expression over named tensors. Throws LocatedError; a ShapeMistake where shapes
/// do not fit.
Evaluated evaluate(const Expression& expression, const Environment& names,
                   const LayerLibrary& library = standard_layers());

/// The names that an expression reads.
std::vector<std::string> names_in(const Expression& expression);

/// The flat positions of the entries of a tensor of that shape that the subscripts select, with the
/// shape they form. Throws ValueError if an index is out of range.
struct Selection {
  Shape shape;
  std::vector<std::size_t> positions;
};
Selection select(const Shape& shape, const std::vector<Subscript>& subscripts);

}  // namespace gradcheck
