#pragma once

#include <string>
#include <vector>

#include <gradcheck/c/layer_description.hpp>
#include <gradcheck/c/number_buffer.hpp>

namespace gradcheck {

/// The tensors that a callback is handed, or that it is to fill.
class CallBuffers {
 public:
  CallBuffers(const LayerDescription& layer, const char* callback)
      : layer_(layer), callback_(callback) {}

  /// One that holds a value. Throws ShapeError if that is of another shape.
  void add(const LayerDescription::Slot& slot, const Tensor& value);
  /// One to be filled, of NaN.
  void add(const LayerDescription::Slot& slot);
  /// None: a null pointer for the callback, and zeros for its result.
  void add_nothing(const LayerDescription::Slot& slot);

  std::vector<void*> pointers();

  /// Throws CallbackError if something was written beyond an end.
  void require_guarded() const;

  /// Names of those that no longer hold their values; `values` are in the order of add().
  std::vector<std::string> changed(Inputs<double> values) const;

  Tensors<double> tensors() const;

 private:
  struct Buffer {
    std::string name;
    NumberBuffer numbers;
    bool given = true;
  };

  const LayerDescription& layer_;
  const char* callback_;
  std::vector<Buffer> buffers_;
};

}  // namespace gradcheck
