#include <algorithm>
#include <set>

#include <gradcheck/network/call.hpp>
#include <gradcheck/network/constant.hpp>

namespace gradcheck {

namespace {

bool is_none(const Expression& e) { return e.kind == Expression::Kind::name && e.text == "None"; }

bool takes_word(const SettingType& setting) {
  return setting.kind == SettingType::Kind::text || !setting.words.empty();
}

/// Fills the slots of one call, argument by argument.
class Sorter {
 public:
  Sorter(const Expression& call, const LayerType& type, const std::string& in_statement)
      : call_(call), type_(type), in_statement_(in_statement), order_(type.positional()) {
    for (const auto* names : {&type.tensors, &type.optional_tensors}) {
      names_.insert(names_.end(), names->begin(), names->end());
    }
    tensors_.resize(names_.size());
  }

  CallArguments sorted() {
    for (const Expression& argument : call_.children) {
      by_position(argument);
    }
    for (const auto& [keyword, value] : call_.keywords) {
      assign(canonical_name(type_, keyword), value);
    }
    require_all();
    CallArguments arguments{{}, std::move(settings_)};
    for (std::size_t slot = 0; slot < tensors_.size(); ++slot) {
      if (slot >= type_.tensors.size() && slot < names_.size()) {
        arguments.settings[names_[slot]] = tensors_[slot] != nullptr;
      }
      if (tensors_[slot] != nullptr) {
        arguments.tensors.push_back(tensors_[slot]);
      }
    }
    return arguments;
  }

 private:
  void by_position(const Expression& argument) {
    if (argument.kind == Expression::Kind::string) {
      const auto word = std::ranges::find_if(type_.settings, [&](const SettingType& setting) {
        return takes_word(setting) && !taken_.contains(setting.name);
      });
      if (word == type_.settings.end()) {
        throw LocatedError(argument.at, type_.name + ": it takes no word '" + argument.text +
                                            "', expected " + type_.signature() + in_statement_);
      }
      assign(word->name, argument);
    } else if (type_.variadic) {
      tensors_.resize(std::max(tensors_.size(), ++given_));
      tensors_[given_ - 1] = &argument;
    } else {
      assign(next_in_order(), argument);
    }
  }

  std::string next_in_order() {
    while (next_ < order_.size() && taken_.contains(order_[next_])) {
      ++next_;
    }
    return next_ < order_.size() ? order_[next_] : throw_count(call_.children.size());
  }

  void assign(const std::string& name, const Expression& value) {
    if (!taken_.insert(name).second) {
      throw LocatedError(value.at,
                         type_.name + ": '" + name + "' is given twice, by position and by name");
    }
    const auto tensor = std::ranges::find(names_, name);
    const bool left_out = is_none(value) && may_be_left_out(name);
    if (left_out) {
      return;
    }
    if (tensor != names_.end()) {
      tensors_[static_cast<std::size_t>(tensor - names_.begin())] = &value;
    } else {
      settings_[name] = constant_setting(name, value);
    }
  }

  bool may_be_left_out(const std::string& name) const {
    const auto setting = std::ranges::find(type_.settings, name, &SettingType::name);
    return std::ranges::count(type_.optional_tensors, name) > 0 ||
           (setting != type_.settings.end() && setting->optional);
  }

  void require_all() const {
    const std::size_t needed = type_.variadic ? 1 : type_.tensors.size();
    for (std::size_t slot = 0; slot < needed; ++slot) {
      if (tensors_[slot] == nullptr) {
        throw_count(static_cast<std::size_t>(
            std::ranges::count_if(tensors_, [](const Expression* e) { return e != nullptr; })));
      }
    }
  }

  [[noreturn]] std::string throw_count(std::size_t count) const {
    throw LocatedError(call_.at, type_.name + ": it has " + std::to_string(count) +
                                     " tensor argument" + (count == 1 ? "" : "s") + ", expected " +
                                     type_.signature() + in_statement_);
  }

  const Expression& call_;
  const LayerType& type_;
  const std::string& in_statement_;
  std::vector<std::string> order_;
  std::vector<std::string> names_;  ///< of all tensors, the optional ones last
  std::vector<const Expression*> tensors_;
  Settings settings_;
  std::set<std::string> taken_;
  std::size_t next_ = 0;   ///< in order_
  std::size_t given_ = 0;  ///< tensors of a variadic layer
};

}  // namespace

CallArguments sort_arguments(const Expression& call, const LayerType& type,
                             const std::string& in_statement) {
  return Sorter(call, type, in_statement).sorted();
}

}  // namespace gradcheck
