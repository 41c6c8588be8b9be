#include "layers_page.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace gradcheck::program {
namespace {

using Kind = SettingType::Kind;

std::string value_text(const Setting& value) {
  struct Visitor {
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(const std::string& word) const { return fmt::format("\"{}\"", word); }
    std::string operator()(const std::vector<double>& list) const {
      return fmt::format("[{}]", fmt::join(list, ", "));
    }
  };
  return std::visit(Visitor{}, value);
}

std::string kind_text(const SettingType& setting) {
  switch (setting.kind) {
    case Kind::number:
      return setting.words.empty()
                 ? "a number"
                 : fmt::format("a number, \"{}\"", fmt::join(setting.words, "\", \""));
    case Kind::integer:
      return "a whole number";
    case Kind::boolean:
      return "true or false";
    case Kind::integers:
      return "a whole number or a list of them";
    case Kind::numbers:
      return "a number or a list of them";
    case Kind::text:
      return "a word in quotes";
    case Kind::word:
      break;
  }
  return setting.words.empty() ? "a word"
                               : fmt::format("\"{}\"", fmt::join(setting.words, "\", \""));
}

/// What Markdown would read as emphasis or a table is escaped.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += std::string_view("\\*_|<>[]").find(c) == std::string_view::npos ? "" : "\\";
    out += c;
  }
  return out;
}

std::string entry(const LayerType& type) {
  std::string out = fmt::format("**`{}`**  \n{}\n\n", type.signature(), plain(type.formula));
  out += fmt::format("- shapes: {}\n- gradients: {}\n", plain(type.shapes), plain(type.gradients));
  for (const SettingType& setting : type.settings) {
    out += fmt::format("- {}\n", plain(setting_text(setting)));
  }
  if (!type.aliases.empty()) {
    out += fmt::format("- also known as `{}`\n", fmt::join(type.aliases, "`, `"));
  }
  return out + "\n";
}

constexpr const char* introduction =
    "# The layers\n\n"
    "Written by `gradcheck layers --markdown`; a test compares the two. There are {} functions in "
    "{} "
    "groups. `gradcheck layers NAME` shows one with an example that runs, `gradcheck layers GROUP` "
    "a group. Tensors stand by position or by name, then the settings; `None` leaves out what may "
    "be left out, and `dim` and `keepdim` are understood as `axis` and `keepdims`. Values and "
    "gradients are compared with other implementations in [cases/golden](../cases/golden).\n\n";

}  // namespace

std::string setting_text(const SettingType& setting) {
  std::string text = fmt::format("{}: {}", setting.name, kind_text(setting));
  if (setting.default_value) {
    return text + "; default " + value_text(*setting.default_value);
  }
  return text + (setting.optional ? "; may be left out" : "; must be given");
}

std::vector<std::string> groups_of(const std::vector<LayerType>& types) {
  std::vector<std::string> groups;
  for (const LayerType& type : types) {
    if (std::find(groups.begin(), groups.end(), type.group) == groups.end()) {
      groups.push_back(type.group);
    }
  }
  return groups;
}

std::string layers_page(const LayerLibrary& library) {
  const std::vector<std::string> groups = groups_of(library.types());
  std::string page = fmt::format(fmt::runtime(introduction), library.types().size(), groups.size());
  for (const std::string& group : groups) {
    page += fmt::format("## {}\n\n", group);
    for (const LayerType& type : library.types()) {
      page += type.group == group ? entry(type) : "";
    }
  }
  page.pop_back();
  return page;
}

}  // namespace gradcheck::program
