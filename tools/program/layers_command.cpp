#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/layers/library.hpp>
#include <gradcheck/report/display.hpp>
#include <gradcheck/report/paint.hpp>

#include "commands.hpp"
#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t signature_width = 36;  ///< longer ones have their formula below
constexpr std::size_t label_width = 12;

using Kind = SettingType::Kind;

std::string blanks(std::size_t count) { return std::string(count, ' '); }

/// A signature too long for a line goes on below its arguments.
std::string signature_lines(const LayerType& type, std::size_t indent, bool color) {
  const std::vector<std::string> lines = wrap(type.signature(), width - indent - 4);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += blanks(i == 0 ? indent : indent + 4) + paint(lines[i], Ink::strong, color);
    out += i + 1 < lines.size() ? "\n" : "";
  }
  return out;
}

std::string entry_of(const LayerType& type, bool color) {
  const std::string signature = signature_lines(type, 2, color);
  const std::size_t used = display_width(type.signature());
  const bool beside = used <= signature_width;
  std::string out = signature + (beside ? blanks(signature_width - used + 2) : "\n");
  const std::size_t indent = signature_width + 4;
  bool first = beside;
  for (const std::string& line : wrap(type.formula, width - indent)) {
    out += (first ? "" : blanks(indent)) + line + "\n";
    first = false;
  }
  return out;
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

std::string all_layers(const LayerLibrary& library, bool color) {
  std::string out;
  for (const std::string& group : groups_of(library.types())) {
    out += out.empty() ? "" : "\n";
    out += group + "\n";
    for (const LayerType& type : library.types()) {
      out += type.group == group ? entry_of(type, color) : "";
    }
  }
  return out;
}

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

std::string setting_text(const SettingType& setting) {
  std::string text = fmt::format("{}: {}", setting.name, kind_text(setting));
  if (setting.default_value) {
    return text + "; default " + value_text(*setting.default_value);
  }
  return text + (setting.optional ? "; may be left out" : "; must be given");
}

std::string labelled(const char* label, const std::string& text, bool color) {
  std::string out;
  bool first = !text.empty();
  for (const std::string& line : wrap(text, width - label_width - 2)) {
    const std::string margin = first ? pad_right(label, label_width) : blanks(label_width);
    out += line.empty() ? "" : "  " + paint(margin, Ink::faint, color) + line + "\n";
    first = false;
  }
  return out;
}

std::string one_layer(const LayerType& type, bool color) {
  std::string out = signature_lines(type, 0, color) + "\n";
  out += labelled("formula", type.formula, color);
  out += labelled("shapes", type.shapes, color);
  out += labelled("gradients", type.gradients, color);
  out += labelled("group", type.group, color);
  for (const SettingType& setting : type.settings) {
    out += labelled(&setting == &type.settings.front() ? "settings" : "", setting_text(setting),
                    color);
  }
  return out;
}

int run_layers(const std::string& name) {
  const LayerLibrary& library = standard_layers();
  const bool color = standard_output().wants_color("auto");
  if (name.empty()) {
    standard_output().write(all_layers(library, color), color);
    return status_agree;
  }
  const LayerType* const type = library.find(name);
  if (type == nullptr) {
    const std::string near = library.nearest(name);
    throw UsageError(fmt::format("layers: unknown layer '{}'{}\n'gradcheck layers' lists all.",
                                 printable(name),
                                 near.empty() ? "" : ", did you mean '" + near + "'?"));
  }
  standard_output().write(one_layer(*type, color), color);
  return status_agree;
}

}  // namespace

void add_layers(CLI::App& app, Command& command) {
  const auto name = std::make_shared<std::string>();
  CLI::App* const layers = app.add_subcommand("layers", "Show the layers that networks may use");
  layers->add_option("NAME", *name, "Everything about one layer")->type_name("");
  layers->footer("Examples:\n  gradcheck layers\n  gradcheck layers softmax_cross_entropy");
  layers->callback([name, &command] { command = [name] { return run_layers(*name); }; });
}

}  // namespace gradcheck::program
