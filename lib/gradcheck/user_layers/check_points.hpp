#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <gradcheck/user_layers/check_layer.hpp>
#include <gradcheck/user_layers/layer_point.hpp>

namespace gradcheck {

/// How a layer is checked at points that gradcheck chooses.
struct PointOptions {
  /// The shapes of forward's inputs: {{"x", {"N", "in"}}, {"t", {"N"}, .labels_below = "out"}}.
  std::vector<InputShape> inputs{};
  std::map<std::string, std::vector<double>> settings{};
  std::map<std::string, std::vector<std::size_t>> sizes{};
  /// Parameters as the maker leaves them; otherwise they get random numbers, since neutral ones
  /// (biases of 0, scales of 1) hide errors.
  bool keep_parameters = false;
  /// The point in the user's language, for the note on the smallest one that fails; C++ without.
  std::function<std::string(const LayerPoint&)> point_text{};
  /// Everything else; its inputs are left out.
  LayerOptions layer{};
};

/// Makes a layer behind the common interface.
using LayerMaker =
    std::function<std::shared_ptr<UserLayer>(const LayerPoint& point, const LayerOptions& options)>;

/// A case for each point; see points_of. The first one that disagrees is made smaller as long as it
/// does (sizes, then numbers that are not zero), and its report ends in code that makes that point.
/// Points other than the first that a layer refuses, or at which nothing can be told (all
/// saturated), are left out with a note in the first case.
Report check_points(const LayerMaker& make, const PointOptions& options);

/// One given point.
Report check_at(const LayerMaker& make, const LayerPoint& point, const PointOptions& options);

/// The maker behind a function from points to layers, `[](const LayerPoint& point) { return
/// Affine(point["in"], point["out"]); }`, which may also return a std::unique_ptr or
/// std::shared_ptr.
template <class... X, class Make>
LayerMaker layer_maker(Make make) {
  return [make](const LayerPoint& point, const LayerOptions& options) {
    using Made = std::invoke_result_t<const Make&, const LayerPoint&>;
    if constexpr (requires(Made made) { *made; }) {
      const auto owner = std::make_shared<Made>(make(point));
      const std::shared_ptr<UserLayer> user = user_layer<X...>(**owner, options);
      return std::shared_ptr<UserLayer>(user.get(), [owner, user](UserLayer*) {});
    } else {
      const auto owner = std::make_shared<Made>(make(point));
      const std::shared_ptr<UserLayer> user = user_layer<X...>(*owner, options);
      return std::shared_ptr<UserLayer>(user.get(), [owner, user](UserLayer*) {});
    }
  };
}

/// Checks a user's layer at well chosen points:
///
///   check_points([](const LayerPoint& point) { return Affine(point["in"], point["out"]); },
///                {.inputs = {{"x", {"N", "in"}}}, .sizes = {{"out", {3, 5}}}})
template <class... X, class Make>
requires std::is_invocable_v<const Make&, const LayerPoint&> Report
check_points(const Make& make, const PointOptions& options) {
  return check_points(layer_maker<X...>(make), options);
}
template <class... X, class Make>
requires std::is_invocable_v<const Make&, const LayerPoint&> Report
check_at(const Make& make, const LayerPoint& point, const PointOptions& options) {
  return check_at(layer_maker<X...>(make), point, options);
}

}  // namespace gradcheck
