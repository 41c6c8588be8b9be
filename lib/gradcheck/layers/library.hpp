#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gradcheck/layers/layer.hpp>

namespace gradcheck {

/// The value of a setting as written: 2, true, "sum", [1, 2].
using Setting = std::variant<double, bool, std::string, std::vector<double>>;

/// The settings of one call, by keyword. Those that LayerType::make is given are checked against
/// the LayerType: each has its kind, defaults are filled in, and Kind::integers and Kind::numbers
/// are always lists.
using Settings = std::map<std::string, Setting>;

/// A setting that is there and of that kind (as LayerType::make may assume).
double number_setting(const Settings& settings, const std::string& name);
long long integer_setting(const Settings& settings, const std::string& name);
bool boolean_setting(const Settings& settings, const std::string& name);
const std::string& word_setting(const Settings& settings, const std::string& name);
/// Whether an optional tensor is given.
bool given(const Settings& settings, const std::string& name);
/// None where an optional setting was left out.
std::optional<std::vector<long long>> integers_setting(const Settings& settings,
                                                       const std::string& name);

/// One keyword of a layer.
struct SettingType {
  /// `integers` and `numbers` take a list, or one of them; `word` one of `words`; `text` any word.
  enum class Kind { number, integer, boolean, word, integers, numbers, text };
  std::string name{};
  Kind kind = Kind::number;
  std::optional<Setting> default_value{};  ///< none and not optional: must be given
  bool optional = false;                   ///< may be left out (then it is absent from Settings)
  std::vector<std::string> words{};        ///< accepted: for Kind::word, and besides a number
};

/// A layer as users know it: its name, how it is called, what it computes, and how to make one.
struct LayerType {
  std::string name{};                  ///< "affine"
  std::string group{};                 ///< "linear", "activation", "loss", ...
  std::vector<std::string> aliases{};  ///< other names under which it is known
  std::vector<std::string> tensors{};  ///< its tensor arguments, by position: {"x", "W", "b"}
  /// Tensors after those that may be left out. The layer gets those that are given, and `make` a
  /// boolean setting under the name of each that tells whether it is.
  std::vector<std::string> optional_tensors{};
  bool variadic = false;                ///< the last tensor argument may repeat
  std::vector<SettingType> settings{};  ///< by keyword
  std::string formula{};                ///< "y = x W + b"
  std::string gradients{};              ///< "dx = dy Wᵀ, dW = xᵀ dy, db = Σ_n dy[n]"
  std::string shapes{};                 ///< "x (N, in), W (in, out), b (out), y (N, out)"
  std::size_t outputs = 1;              ///< 0: as many as the settings say
  bool first_alone = false;             ///< the first output may be used without the others
  /// The order by position, where it is not: tensors, optional tensors, settings. What is missing
  /// goes by keyword only.
  std::vector<std::string> order{};
  std::function<LayerPtr(const Settings&)> make{};

  /// "affine(x, W, b)", "sum(x, axis=None, keepdims=false)"
  std::string signature() const;
  /// The names of its arguments in the order by position.
  std::vector<std::string> positional() const;
};

/// The layers known to the network language, by name.
class LayerLibrary {
 public:
  /// Throws ValueError if a layer of that name, or of one of its aliases, is there already.
  void add(LayerType type);
  /// Another name for a layer that is there. Throws ValueError if the alias is taken.
  void add_alias(std::string_view name, std::string alias);
  /// The layer of that name or alias.
  const LayerType* find(std::string_view name) const;
  /// In the order in which they were added.
  const std::vector<LayerType>& types() const { return types_; }
  /// The known name nearest to `name`, or "" if none is near.
  std::string nearest(std::string_view name) const;

 private:
  void require_new(const std::string& name) const;

  std::vector<LayerType> types_;
};

/// The layers that come with gradcheck.
const LayerLibrary& standard_layers();

/// Makes a layer after checking the settings: unknown keyword (with the nearest valid one), wrong
/// type, a word that is not accepted, a missing one. Fills in defaults. Throws ValueError.
LayerPtr make_layer(const LayerType& type, Settings settings);

/// The name by which the layer knows an argument: `name` itself, or what it means elsewhere (`dim`
/// is `axis` where the layer has that).
std::string canonical_name(const LayerType& type, const std::string& name);

/// The candidate that `name` most likely means: the one known elsewhere under that name ("clamp":
/// "clip"), else the one with the smallest edit distance (letter case aside), "" if even that is
/// more than a third of its length.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace gradcheck
