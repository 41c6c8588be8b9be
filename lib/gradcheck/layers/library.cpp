#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

#include <gradcheck/layers/arguments.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {

namespace {

using Kind = SettingType::Kind;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  return out.append(text).append("\"");
}

std::string setting_text(const Setting& value) {
  struct Text {
    std::string operator()(double number) const { return number_text(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const std::string& word) const { return quoted(word); }
    std::string operator()(const std::vector<double>& list) const {
      std::string text;
      for (const double number : list) {
        text.append(text.empty() ? "" : ", ").append(number_text(number));
      }
      return "[" + text + "]";
    }
  };
  return std::visit(Text{}, value);
}

/// "a", "a or b", "a, b or c".
std::string alternatives(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    text.append(i == 0 ? "" : i + 1 == items.size() ? " or " : ", ").append(items[i]);
  }
  return text;
}

std::string words_text(const SettingType& type) {
  std::vector<std::string> words;
  std::ranges::transform(type.words, std::back_inserter(words), quoted);
  return alternatives(words);
}

std::string wanted_text(const SettingType& type) {
  switch (type.kind) {
    case Kind::number:
      return type.words.empty() ? "a number" : "a number, " + words_text(type);
    case Kind::integer:
      return "an integer";
    case Kind::boolean:
      return "true or false";
    case Kind::integers:
      return "an integer or a list of integers" +
             (type.words.empty() ? "" : ", " + words_text(type));
    case Kind::numbers:
      return "a number or a list of numbers";
    case Kind::text:
      return "a word in quotes";
    case Kind::word:
      break;
  }
  return words_text(type);
}

/// Integers beyond this are no longer told apart in a double, and no shape needs them.
constexpr double largest_integer = 0x1p53;

bool is_integer(double number) {
  return std::abs(number) <= largest_integer && number == std::trunc(number);
}

/// Whether a number may stand in a setting of that kind, alone or in a list.
bool takes(Kind kind, double number) {
  const bool whole = kind == Kind::integer || kind == Kind::integers;
  return whole ? is_integer(number)
               : (kind == Kind::number || kind == Kind::numbers) && std::isfinite(number);
}

/// Whether the value is of the setting's kind; a single number becomes a list where one is meant.
bool fits(const SettingType& type, Setting& value) {
  const bool listed = type.kind == Kind::integers || type.kind == Kind::numbers;
  if (const double* number = std::get_if<double>(&value)) {
    const double only = *number;
    if (!takes(type.kind, only)) {
      return false;
    }
    if (listed) {
      value = std::vector<double>{only};
    }
    return true;
  }
  if (const std::vector<double>* list = std::get_if<std::vector<double>>(&value)) {
    return listed && std::ranges::all_of(*list, [&](double n) { return takes(type.kind, n); });
  }
  if (const std::string* word = std::get_if<std::string>(&value)) {
    return type.kind == Kind::text || std::ranges::count(type.words, *word) == 1;
  }
  return type.kind == Kind::boolean;
}

[[noreturn]] void throw_unknown(const LayerType& type, const std::string& name) {
  std::vector<std::string> known;
  for (const SettingType& setting : type.settings) {
    known.push_back(setting.name);
  }
  const std::string near = nearest_name(name, known);
  throw ValueError(type.name + ": unknown setting '" + name + "', " +
                   (known.empty()  ? "it has no settings"
                    : near.empty() ? "expected " + alternatives(known)
                                   : "did you mean '" + near + "'?"));
}

/// What PyTorch and NumPy call some arguments. `input` is the first tensor, whatever its name.
constexpr std::pair<std::string_view, std::string_view> other_arguments[] = {
    {"dim", "axis"},
    {"dims", "axes"},
    {"dims", "axis"},
    {"dims", "reps"},
    {"keepdim", "keepdims"},
    {"chunks", "sections"},
    {"correction", "ddof"},
    {"ord", "p"},
    {"weight", "W"},
    {"bias", "b"},
    {"hx", "h"},
    {"target", "t"},
    {"targets", "t"},
    {"log_probs", "x"},
    {"indices", "index"},
    {"other", "b"},
    {"x1", "a"},
    {"x2", "b"},
    {"input1", "a"},
    {"input2", "b"},
    {"A", "a"},
    {"B", "b"},
    {"inputs", "z"},
    {"tensor", "t"},
};

/// The names of all arguments: those of `order` first, then tensors, optional tensors, settings.
std::vector<std::string> arguments_in_order(const LayerType& type) {
  std::vector<std::string> names = type.order;
  const auto append = [&](const std::string& name) {
    if (std::ranges::count(names, name) == 0) {
      names.push_back(name);
    }
  };
  std::ranges::for_each(type.tensors, append);
  std::ranges::for_each(type.optional_tensors, append);
  for (const SettingType& setting : type.settings) {
    append(setting.name);
  }
  return names;
}

std::string signature_of(const SettingType& setting) {
  if (setting.default_value) {
    return setting.name + "=" + setting_text(*setting.default_value);
  }
  return setting.name + (setting.optional ? "=None" : "=...");
}

}  // namespace

double number_setting(const Settings& settings, const std::string& name) {
  return std::get<double>(settings.at(name));
}

long long integer_setting(const Settings& settings, const std::string& name) {
  return static_cast<long long>(number_setting(settings, name));
}

bool boolean_setting(const Settings& settings, const std::string& name) {
  return std::get<bool>(settings.at(name));
}

const std::string& word_setting(const Settings& settings, const std::string& name) {
  return std::get<std::string>(settings.at(name));
}

bool given(const Settings& settings, const std::string& name) {
  return boolean_setting(settings, name);
}

std::optional<std::vector<long long>> integers_setting(const Settings& settings,
                                                       const std::string& name) {
  const auto found = settings.find(name);
  if (found == settings.end()) {
    return std::nullopt;
  }
  const std::vector<double>& list = std::get<std::vector<double>>(found->second);
  return std::vector<long long>(list.begin(), list.end());
}

std::string LayerType::signature() const {
  std::string arguments;
  for (const std::string& argument : arguments_in_order(*this)) {
    const auto setting = std::ranges::find(settings, argument, &SettingType::name);
    arguments.append(arguments.empty() ? "" : ", ");
    arguments.append(setting != settings.end() ? signature_of(*setting) : argument);
    arguments.append(std::ranges::count(optional_tensors, argument) > 0 ? "=None" : "");
    arguments.append(variadic && argument == tensors.back() ? ", ..." : "");
  }
  return name + "(" + arguments + ")";
}

std::vector<std::string> LayerType::positional() const {
  return order.empty() ? arguments_in_order(*this) : order;
}

std::string canonical_name(const LayerType& type, const std::string& name) {
  const std::vector<std::string> known = arguments_in_order(type);
  if (std::ranges::count(known, name) > 0) {
    return name;
  }
  if (name == "input" && !type.tensors.empty()) {
    return type.tensors.front();
  }
  for (const auto& [other, ours] : other_arguments) {
    if (other == name && std::ranges::count(known, ours) > 0) {
      return std::string(ours);
    }
  }
  return name;
}

void LayerLibrary::add(LayerType type) {
  require_new(type.name);
  std::ranges::for_each(type.aliases, [this](const std::string& alias) { require_new(alias); });
  types_.push_back(std::move(type));
}

void LayerLibrary::add_alias(std::string_view name, std::string alias) {
  require_new(alias);
  std::ranges::find(types_, name, &LayerType::name)->aliases.push_back(std::move(alias));
}

void LayerLibrary::require_new(const std::string& name) const {
  if (find(name) != nullptr) {
    throw ValueError("layer library: has '" + name + "' already, expected a new name");
  }
}

const LayerType* LayerLibrary::find(std::string_view name) const {
  const auto known = [name](const LayerType& type) {
    return type.name == name || std::ranges::count(type.aliases, name) > 0;
  };
  const auto found = std::ranges::find_if(types_, known);
  return found == types_.end() ? nullptr : &*found;
}

std::string LayerLibrary::nearest(std::string_view name) const {
  std::vector<std::string> names;
  std::ranges::transform(types_, std::back_inserter(names), &LayerType::name);
  return nearest_name(name, names);
}

LayerPtr make_layer(const LayerType& type, Settings settings) {
  for (const auto& [name, value] : settings) {
    if (std::ranges::find(type.settings, name, &SettingType::name) == type.settings.end() &&
        std::ranges::count(type.optional_tensors, name) == 0) {
      throw_unknown(type, name);
    }
  }
  for (const std::string& tensor : type.optional_tensors) {
    settings.emplace(tensor, false);
  }
  for (const SettingType& setting : type.settings) {
    const auto given = settings.find(setting.name);
    if (given != settings.end()) {
      if (!fits(setting, given->second)) {
        throw_value(type.name, setting.name, setting_text(given->second), wanted_text(setting));
      }
    } else if (setting.default_value) {
      settings.emplace(setting.name, *setting.default_value);
    } else if (!setting.optional) {
      throw_value(type.name, setting.name, "no value", wanted_text(setting));
    }
  }
  return type.make(settings);
}

}  // namespace gradcheck
