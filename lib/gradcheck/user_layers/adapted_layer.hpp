#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gradcheck/layers/layer.hpp>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/stopped.hpp>
#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// A user's layer as a pure function: its inputs, then its parameters, are the inputs of this one.
///
/// Every call sets the parameters; `backward` calls the user's forward first, sets the gradients of
/// the parameters to zero (so that they come out the same whether backward assigns or adds), and
/// reads them afterwards. One call runs at a time. Whatever user code throws becomes an Error with
/// the layer's name.
class AdaptedLayer final : public Layer {
 public:
  /// `inputs`: how many its forward takes.
  /// `reference`, if given, is what forward evaluates: a layer with the same forward, such as one
  /// in double beside one in float; its parameters are set by name.
  AdaptedLayer(std::shared_ptr<UserLayer> layer, std::size_t inputs,
               std::shared_ptr<UserLayer> reference = nullptr);

  const std::string& name() const override { return layer_->name(); }
  std::size_t inputs() const { return inputs_; }
  std::size_t parameters() const { return parameter_shapes_.size(); }

  /// Found by running forward once for each combination of shapes, on zeros, ones or halves,
  /// whichever it takes. Throws ShapeError if a parameter has another shape than the layer's own,
  /// or if forward takes none of them.
  std::vector<Shape> output_shapes(std::span<const Shape> inputs) const override;

  /// The same from a run on these inputs, for layers that do not take any numbers.
  std::vector<Shape> remember_shapes(Inputs<double> x) const;

  Tensors<double> forward(Inputs<double> x) const override;
  Tensors<long double> forward(Inputs<long double> x) const override;
  Tensors<double> backward(const Tensors<double>& dy, Inputs<double> x,
                           const Tensors<double>& y) const override;
  Tensors<long double> backward(const Tensors<long double>& dy, Inputs<long double> x,
                                const Tensors<long double>& y) const override;

  bool differentiable(std::size_t slot) const override;
  Precision precision() const override { return (reference_ ? reference_ : layer_)->precision(); }
  Precision backward_precision() const override { return layer_->precision(); }
  bool in_long_double() const override { return false; }

  bool kinked() const override { return false; }
  Branches branches(Inputs<double>) const override { return {}; }
  Tensors<double> forward_along(const Branches&, Inputs<double> x) const override;
  Tensors<long double> forward_along(const Branches&, Inputs<long double> x) const override;
  std::vector<Tie> ties(Inputs<double>, Inputs<double>) const override { return {}; }
  bool move(Inputs<double>, InputEntry, double, Tensors<double>&) const override { return false; }
  bool move(Inputs<long double>, InputEntry, long double, Tensors<long double>&) const override {
    return false;
  }

 private:
  Tensors<double> run_forward(Inputs<double> x) const;
  Tensors<double> run_backward(const Tensors<double>& dy) const;
  void require_shapes(std::span<const Shape> shapes) const;

  Tensors<double> run_reference(Inputs<double> x) const;

  std::shared_ptr<UserLayer> layer_;
  std::shared_ptr<UserLayer> reference_;
  std::size_t inputs_;
  std::vector<std::string> parameter_names_;
  std::vector<Shape> parameter_shapes_;
  mutable std::mutex running_;
  mutable std::map<std::vector<Shape>, std::vector<Shape>> shapes_;
};

/// A parameter's gradient, or an input's, under the shape that it must have; axes of size 1 may
/// differ. Throws ShapeError "layer: what has shape ..., expected ...".
Tensor fitted(const std::string& layer, const std::string& what, Tensor gradient,
              const Shape& shape);

/// Calls user code: whatever it throws becomes a ValueError "layer: call threw <text>"; an Error of
/// this library passes, and so does Stopped.
template <class Call>
auto guarded_call(const std::string& layer, const char* call, Call run) {
  const auto fail = [&](const std::string& text) {
    return ValueError(layer + ": " + call + " threw " + text);
  };
  try {
    return run();
  } catch (const Error&) {
    throw;
  } catch (const Stopped&) {
    throw;
  } catch (const std::exception& error) {
    throw fail("'" + shortened(error.what(), 200) + "'");
  } catch (...) {
    throw fail("something that is no std::exception");
  }
}

}  // namespace gradcheck
