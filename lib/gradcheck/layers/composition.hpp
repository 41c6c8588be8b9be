#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

class Forward;

/// The same function as a layer's, made of simpler layers whose structure is known: im2col and a
/// product for a convolution, means and products for a normalisation. A fact about forward, like
/// `Structure`, and tested against it in every run.
///
/// Its values are numbered: the layer's inputs first, then constants and what the parts give, in
/// the order in which they were made. The branches of a kinked layer are those of its kinked parts,
/// one after another.
struct Composition {
  struct Part {
    std::shared_ptr<const Forward> layer;
    std::vector<std::size_t> inputs;
    std::vector<std::size_t> outputs;
  };
  std::vector<Shape> shapes;                ///< of every value
  std::map<std::size_t, Tensor> constants;  ///< by value
  std::vector<Part> parts;                  ///< in an order in which they can be evaluated
  std::vector<std::size_t> outputs;         ///< those of the layer: each the output of a part, once
};

}  // namespace gradcheck
