#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gradcheck/c/callback.hpp>
#include <gradcheck/c_api.h>
#include <gradcheck/tensor/number_type.hpp>
#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// A gradcheck_layer, read and found to make sense.
struct LayerDescription {
  struct Slot {
    std::string name;
    Shape shape;
  };
  struct Input : Slot {
    bool constant = false;
    const void* data = nullptr;
    double low = 0;
    double high = 0;
  };
  struct Parameter : Slot {
    void* value = nullptr;
    void* gradient = nullptr;
  };

  Callee callee;
  gradcheck_forward forward = nullptr;
  gradcheck_backward backward = nullptr;
  gradcheck_forward_batch forward_batch = nullptr;  ///< may be null
  gradcheck_take_finding take_finding = nullptr;    ///< may be null
  NumberType type = NumberType::float64;
  BackwardContract contract = BackwardContract::unknown;
  bool independent_rows = false;
  std::string intended_deviation;  ///< empty: none
  std::vector<Input> inputs;
  std::vector<Parameter> parameters;
  std::vector<Slot> outputs;

  /// The values of the inputs at the point of the check: those given, and random ones for the rest.
  Tensors<double> point(std::uint64_t seed) const;
};

/// A shape of the C interface. Throws ValueError or ShapeError.
Shape read_shape(const std::string& where, const size_t* extents, std::size_t rank);

/// What a layer is wanted for: to be checked, as a reference whose forward alone is called, or as
/// a candidate, which may be in half precision.
enum class LayerUse { check, forward_only, candidate };

/// Reads a layer's description; memory that it points to (data, value, gradient, context) is used
/// later. Throws ValueError or ShapeError for what cannot be, CallbackError if the callback that
/// tells the outputs' shapes fails.
LayerDescription read_layer(const gradcheck_layer* given, LayerUse use = LayerUse::check);

}  // namespace gradcheck
