#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradcheck/user_layers/call_auditor.hpp>
#include <gradcheck/user_layers/checked_types.hpp>
#include <gradcheck/user_layers/each_tensor.hpp>
#include <gradcheck/user_layers/layer_options.hpp>
#include <gradcheck/user_layers/parameter_ref.hpp>
#include <gradcheck/user_layers/signature.hpp>

namespace gradcheck {

namespace detail {

/// What an upstream for such a result is passed as: an argument each, or one container.
template <class Result>
struct Upstream {
  using type = std::tuple<std::vector<OwnedOf<typename Result::value_type>>>;
  static type owned(const Tensors<double>& dy) {
    type out;
    for (const Tensor& each : dy) {
      std::get<0>(out).push_back(TraitsOf<typename Result::value_type>::owned(each));
    }
    return out;
  }
};
template <TensorLike Result>
struct Upstream<Result> {
  using type = std::tuple<OwnedOf<Result>>;
  static type owned(const Tensors<double>& dy) { return type(TraitsOf<Result>::owned(dy.at(0))); }
};
template <TupleLike Result>
requires(!TensorLike<Result>) struct Upstream<Result> {
  template <std::size_t... I>
  static auto owned(const Tensors<double>& dy, std::index_sequence<I...>) {
    return std::tuple(TraitsOf<std::tuple_element_t<I, Result>>::owned(dy.at(I))...);
  }
  static auto owned(const Tensors<double>& dy) {
    return owned(dy, std::make_index_sequence<std::tuple_size_v<Result>>{});
  }
  using type = decltype(owned(std::declval<Tensors<double>>()));
};

template <class... T>
constexpr bool any_float = (false || ... || std::is_same_v<NumberOf<T>, float>);

template <class Result>
constexpr bool returns_float = [] {
  if constexpr (TensorLike<Result>) {
    return any_float<Result>;
  } else if constexpr (TupleLike<Result>) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return any_float<std::tuple_element_t<I, Result>...>;
    }
    (std::make_index_sequence<std::tuple_size_v<Result>>{});
  } else {
    return any_float<typename Result::value_type>;
  }
}();

}  // namespace detail

/// A class of the user's own, with forward(x...) and one of backward(dy...), backward(dy..., x...),
/// backward(dy..., x..., y...), or, for a loss, backward().
template <class L, TensorLike... X>
class TypedLayer final : public UserLayer {
 public:
  /// `layer` must outlive it.
  TypedLayer(L& layer, const LayerOptions& options) : TypedLayer(layer, nullptr, options) {
    if constexpr (std::is_copy_constructible_v<L>) {
      if (options.parameters.empty() && !options.before_forward) {
        pristine_ = std::make_shared<const L>(layer);
      }
    }
  }

  const std::string& name() const override { return options_.name; }
  Precision precision() const override {
    return detail::any_float<X...> || detail::returns_float<Result> ? Precision::float32
                                                                    : Precision::float64;
  }

  std::vector<std::string> parameter_names() const override {
    std::vector<std::string> names;
    for (const ParameterRef& parameter : parameters_) {
      names.push_back(parameter.name);
    }
    return names;
  }
  Tensor parameter(std::size_t k) const override { return parameters_.at(k).value(); }
  void set_parameter(std::size_t k, const Tensor& value) override {
    parameters_.at(k).set_value(value);
  }
  Tensor parameter_gradient(std::size_t k) const override {
    Tensor gradient = parameters_.at(k).gradient();
    for (double& g : entries(gradient)) {
      g *= scale_;
    }
    return gradient;
  }
  void set_parameter_gradient(std::size_t k, const Tensor& value) override {
    parameters_.at(k).set_gradient(value);
  }
  BackwardContract contract() const override { return options_.contract; }

  bool differentiable(std::size_t input) const override {
    static constexpr std::array<bool, sizeof...(X) + 1> real{!std::is_integral_v<NumberOf<X>>...,
                                                             false};
    return real.at(input) &&
           (input >= options_.inputs.size() || options_.inputs[input].differentiable);
  }

  Tensors<double> forward(Inputs<double> x) override {
    if (x.size() != sizeof...(X)) {
      throw_value(name(), "forward", std::to_string(x.size()) + " inputs",
                  std::to_string(sizeof...(X)));
    }
    if (options_.before_forward) {
      options_.before_forward();
    }
    x_.reset();
    hold(x, std::index_sequence_for<X...>{});
    const auto before = watch_.on() ? tensors_of(*x_) : Tensors<double>{};
    Tensors<double> y;
    std::apply([&](auto&... each) { run_forward(y, each...); }, *x_);
    watch_.inputs("forward", before, watch_.on() ? tensors_of(*x_) : before);
    return y;
  }

  Tensors<double> backward(const Tensors<double>& dy) override {
    if (!noted_) {
      note_checked(typeid(L));
      noted_ = true;
    }
    auto upstream = Dy::owned(dy);
    const auto before = watch_.on() ? tensors_of(*x_) : Tensors<double>{};
    const auto dy_before = watch_.on() ? tensors_of(upstream) : Tensors<double>{};
    Tensors<double> dx;
    scale_ = 1;
    run_backward(dx, dy, upstream,
                 std::make_index_sequence<std::tuple_size_v<decltype(upstream)>>{},
                 std::index_sequence_for<X...>{});
    watch_.inputs("backward", before, watch_.on() ? tensors_of(*x_) : before);
    watch_.upstream(dy_before, watch_.on() ? tensors_of(upstream) : dy_before);
    return placed(std::move(dx));
  }

  std::unique_ptr<UserLayer> fork() const override {
    if constexpr (std::is_copy_constructible_v<L>) {
      if (pristine_) {
        auto copy = std::make_shared<L>(*pristine_);
        auto fork = std::unique_ptr<TypedLayer>(new TypedLayer(*copy, copy, options_));
        for (std::size_t k = 0; k < parameters_.size(); ++k) {
          fork->set_parameter(k, parameter(k));
        }
        return fork->shares_parameters_with(*this) ? nullptr : std::move(fork);
      }
    }
    return nullptr;
  }

  std::vector<LayerFinding> take_findings() override { return watch_.take(); }

 private:
  using Result =
      std::remove_cvref_t<decltype(std::declval<L&>().forward(std::declval<OwnedOf<X>&>()...))>;
  using Dy = detail::Upstream<Result>;

  TypedLayer(L& layer, std::shared_ptr<L> owner, const LayerOptions& options)
      : owner_(std::move(owner)), layer_(&layer), options_(options) {
    options_.name = options.name.empty() ? type_name(typeid(L)) : options.name;
    parameters_ = parameters_of(layer);
    parameters_.insert(parameters_.end(), options.parameters.begin(), options.parameters.end());
  }

  template <std::size_t... I>
  void hold(Inputs<double> x, std::index_sequence<I...>) {
    x_.emplace(TraitsOf<X>::owned(*x[I])...);
  }

  template <class... T>
  static Tensors<double> tensors_of(const std::tuple<T...>& owned) {
    Tensors<double> out;
    std::apply(
        [&](const auto&... each) {
          (detail::each_tensor(
               each, true, [&](const auto& t) { out.push_back(TraitsOf<decltype(t)>::tensor(t)); }),
           ...);
        },
        owned);
    return out;
  }

  template <class... Each>
  void run_forward(Tensors<double>& y, Each&... x) {
    auto&& result = layer_->forward(x...);
    detail::each_tensor(result, false, [&](const auto& t) {
      y.push_back(TraitsOf<decltype(t)>::tensor(t));
      watch_.returned("forward", y.size() - 1, TraitsOf<decltype(t)>::memory(t));
    });
    (watch_.held("input", TraitsOf<Each>::memory(x)), ...);
    watch_.compare_memory();
    y_ = y;
  }

  template <class U, std::size_t... D, std::size_t... I>
  void run_backward(Tensors<double>& dx, const Tensors<double>& dy, U& upstream,
                    std::index_sequence<D...>, std::index_sequence<I...>) {
    if constexpr (requires { layer_->backward(std::get<D>(upstream)...); }) {
      collect(dx, [&]() -> decltype(auto) { return layer_->backward(std::get<D>(upstream)...); });
    } else if constexpr (requires {
                           layer_->backward(std::get<D>(upstream)..., std::get<I>(*x_)...);
                         }) {
      collect(dx, [&]() -> decltype(auto) {
        return layer_->backward(std::get<D>(upstream)..., std::get<I>(*x_)...);
      });
    } else if constexpr (requires {
                           layer_->backward(std::get<D>(upstream)..., std::get<I>(*x_)...,
                                            std::get<D>(upstream)...);
                         }) {
      auto y = Dy::owned(y_);
      collect(dx, [&]() -> decltype(auto) {
        return layer_->backward(std::get<D>(upstream)..., std::get<I>(*x_)..., std::get<D>(y)...);
      });
    } else if constexpr (requires { layer_->backward(upstream); }) {
      collect(dx, [&]() -> decltype(auto) { return layer_->backward(upstream); });
    } else {
      static_assert(
          requires { layer_->backward(); },
          "backward must take the gradients of the outputs, in their types, and then "
          "perhaps the inputs, and the outputs");
      collect(dx, [&]() -> decltype(auto) { return layer_->backward(); });
      scale_by(dx, dy);
    }
    (watch_.held("upstream", memory_of(std::get<D>(upstream))), ...);
    watch_.compare_memory();
  }

  /// For a loss whose backward takes no upstream: that of its one number multiplies what it gives.
  void scale_by(Tensors<double>& dx, const Tensors<double>& dy) {
    if (dy.size() != 1 || dy[0].size() != 1) {
      throw_value(name(), "backward", "no arguments", "the gradients of the outputs");
    }
    scale_ = dy[0].data()[0];
    for (Tensor& each : dx) {
      for (double& d : entries(each)) {
        d *= scale_;
      }
    }
  }

  template <class T>
  static const void* memory_of(const T& t) {
    if constexpr (TensorLike<T>) {
      return TraitsOf<T>::memory(t);
    } else {
      return nullptr;
    }
  }

  template <class Call>
  void collect(Tensors<double>& dx, Call call) {
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
    } else {
      auto&& result = call();
      detail::each_tensor(result, sizeof...(X) > 1, [&](const auto& t) {
        dx.push_back(TraitsOf<decltype(t)>::tensor(t));
        watch_.returned("backward", dx.size() - 1, TraitsOf<decltype(t)>::memory(t));
      });
    }
  }

  /// The gradients at their inputs' places, where backward gives only those of inputs that have
  /// one.
  Tensors<double> placed(Tensors<double> dx) const {
    std::size_t with_gradient = 0;
    for (std::size_t k = 0; k < sizeof...(X); ++k) {
      with_gradient += differentiable(k) ? 1 : 0;
    }
    if (dx.size() == sizeof...(X) || dx.size() != with_gradient) {
      return dx;
    }
    Tensors<double> out;
    std::size_t next = 0;
    for (std::size_t k = 0; k < sizeof...(X); ++k) {
      out.push_back(differentiable(k) ? dx[next++] : scalar(0.0));
    }
    return out;
  }

  /// Whether a copy of the layer refers to the original's parameters: then it is no fork.
  bool shares_parameters_with(const TypedLayer& other) {
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
      const Tensor own = parameter(k);
      Tensor changed = own;
      for (double& entry : entries(changed)) {
        entry += 1;
      }
      set_parameter(k, changed);
      const bool shared = own.size() != 0 && other.parameter(k).data()[0] != own.data()[0];
      set_parameter(k, own);
      if (shared) {
        return true;
      }
    }
    return false;
  }

  std::shared_ptr<L> owner_;           ///< of a fork
  std::shared_ptr<const L> pristine_;  ///< a copy from before the first call
  L* layer_;
  LayerOptions options_;
  std::vector<ParameterRef> parameters_;
  std::optional<std::tuple<OwnedOf<X>...>> x_;  ///< kept, since the layer may refer to them
  Tensors<double> y_;
  double scale_ = 1;
  bool noted_ = false;
  CallAuditor watch_;
};

}  // namespace gradcheck
