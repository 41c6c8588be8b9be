#include <algorithm>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <gradcheck/cases/layer_example.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/report/display.hpp>
#include <gradcheck/report/paint.hpp>
#include <gradcheck/report/paragraphs.hpp>

#include "commands.hpp"
#include "layers_page.hpp"
#include "status.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

constexpr std::size_t signature_width = 36;  ///< longer ones have their formula below
constexpr std::size_t formula_column = signature_width + 4;
constexpr std::size_t least_formula = 30;  ///< columns; with fewer, formulas stand below
constexpr std::size_t label_width = 12;

struct LayersRequest {
  std::string name;
  bool markdown = false;
};

struct Style {
  std::size_t width;
  bool color;
};

std::string blanks(std::size_t count) { return std::string(count, ' '); }

/// A signature too long for a line goes on below its arguments.
std::string signature_lines(const LayerType& type, std::size_t indent, const Style& style) {
  const std::vector<std::string> lines = wrap(type.signature(), style.width - indent - 4);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += blanks(i == 0 ? indent : indent + 4) + paint(lines[i], Ink::strong, style.color);
    out += i + 1 < lines.size() ? "\n" : "";
  }
  return out;
}

std::string entry_of(const LayerType& type, const Style& style) {
  const std::string signature = signature_lines(type, 2, style);
  const std::size_t used = display_width(type.signature());
  const bool wide = style.width >= formula_column + least_formula;
  const bool beside = wide && used <= signature_width;
  std::string out = signature + (beside ? blanks(signature_width - used + 2) : "\n");
  const std::size_t indent = wide ? formula_column : 6;
  bool first = beside;
  for (const std::string& line : wrap(type.formula, style.width - indent)) {
    out += (first ? "" : blanks(indent)) + line + "\n";
    first = false;
  }
  return out;
}

std::string all_layers(const LayerLibrary& library, const std::vector<std::string>& groups,
                       const Style& style) {
  std::string out;
  for (const std::string& group : groups) {
    out += out.empty() ? "" : "\n";
    out += group + "\n";
    for (const LayerType& type : library.types()) {
      out += type.group == group ? entry_of(type, style) : "";
    }
  }
  return out;
}

std::string labelled(const char* label, const std::string& text, const Style& style) {
  std::string out;
  bool first = !text.empty();
  for (const std::string& line : wrap(text, style.width - label_width - 2)) {
    const std::string margin = first ? pad_right(label, label_width) : blanks(label_width);
    out += line.empty() ? "" : "  " + paint(margin, Ink::faint, style.color) + line + "\n";
    first = false;
  }
  return out;
}

/// The example, indented as a block.
std::string example_lines(const LayerType& type, bool color) {
  std::string out = "  " + paint("example", Ink::faint, color) + "\n";
  std::istringstream text(layer_example(type));
  for (std::string line; std::getline(text, line);) {
    out += line.empty() ? "\n" : "    " + line + "\n";
  }
  return out;
}

std::string one_layer(const LayerType& type, const Style& style) {
  std::string out = signature_lines(type, 0, style) + "\n";
  out += labelled("formula", type.formula, style);
  out += labelled("shapes", type.shapes, style);
  out += labelled("gradients", type.gradients, style);
  out += labelled("group", type.group, style);
  out += labelled("also", fmt::format("{}", fmt::join(type.aliases, ", ")), style);
  for (const SettingType& setting : type.settings) {
    out += labelled(&setting == &type.settings.front() ? "settings" : "", setting_text(setting),
                    style);
  }
  return out + example_lines(type, style.color);
}

int run_layers(const LayersRequest& request) {
  const LayerLibrary& library = standard_layers();
  const Style style{std::max(standard_output().width(), least_width),
                    standard_output().wants_color("auto")};
  const std::string& name = request.name;
  const std::vector<std::string> groups = groups_of(library.types());
  if (request.markdown) {
    standard_output().write(layers_page(library));
    return status_agree;
  }
  if (name.empty()) {
    standard_output().write(all_layers(library, groups, style), style.color);
    return status_agree;
  }
  if (std::ranges::count(groups, name) > 0) {
    standard_output().write(all_layers(library, {name}, style), style.color);
    return status_agree;
  }
  const LayerType* const type = library.find(name);
  if (type == nullptr) {
    const std::string near = library.nearest(name);
    throw UsageError(fmt::format("layers: unknown layer '{}'{}\n'gradcheck layers' lists all.",
                                 printable(name),
                                 near.empty() ? "" : ", did you mean '" + near + "'?"));
  }
  standard_output().write(one_layer(*type, style), style.color);
  return status_agree;
}

}  // namespace

void add_layers(CLI::App& app, Command& command) {
  const auto request = std::make_shared<LayersRequest>();
  CLI::App* const layers = app.add_subcommand("layers", "Show the layers that networks may use");
  layers->add_option("NAME", request->name, "A group, or everything about one layer")
      ->type_name("");
  layers->add_flag("--markdown", request->markdown, "All of them as a page: lib/LAYERS.md");
  layers->footer(
      "Examples:\n  gradcheck layers\n  gradcheck layers loss\n  gradcheck layers cross_entropy");
  layers->callback([request, &command] { command = [request] { return run_layers(*request); }; });
}

}  // namespace gradcheck::program
