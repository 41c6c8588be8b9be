#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>
#include <utility>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/given.hpp>
#include <gradcheck/cases/markdown.hpp>
#include <gradcheck/cases/read_claims.hpp>
#include <gradcheck/cases/read_update.hpp>
#include <gradcheck/cases/source_text.hpp>
#include <gradcheck/cases/table_reader.hpp>
#include <gradcheck/network/names.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {
namespace {

bool from_zero(double x) { return x >= 0; }
bool above_zero(double x) { return x > 0; }

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Reads the keys of a case file, in the order of the file, and gathers the mistakes.
class CaseReader {
 public:
  CaseReader(const toml::table& root, const SourceText& source) : root_(root, "", {1, 1}, source) {}

  ReadCase read();
  static const std::vector<std::string>& key_names();

 private:
  using Read = void (CaseReader::*)(const Entry& entry);
  static const std::map<std::string, Read>& keys();

  void title(const Entry& entry) { file_.title = root_.text(entry); }
  void source(const Entry& entry) { file_.source = root_.text(entry); }
  void check(const Entry& entry);
  void loss(const Entry& entry);
  void network(const Entry& entry);
  void settings(const Entry& entry);
  void read_setting(const TableReader& table, const Entry& setting);
  void inputs(const Entry& entry) { given(entry, Given::Table::inputs); }
  void constants(const Entry& entry) { given(entry, Given::Table::constants); }
  void parameters(const Entry& entry) { given(entry, Given::Table::parameters); }
  void update(const Entry& entry) {
    file_.update.emplace();  // there is one, whatever it says
    file_.update = read_update(root_.table(entry));
  }
  void claims(const Entry& entry);
  void derivation(const Entry& entry);
  void errata(const Entry& entry) { read_errata(root_.table(entry), file_); }

  void given(const Entry& entry, Given::Table table);
  void given(const TableReader& table, const Entry& value, Given::Table kind);
  void require_room(const TableReader& table, const Entry& value, std::size_t entries) const;
  Program statements(const TableReader& table, const Entry& entry) const;

  TableReader root_;
  CaseFile file_;
  std::size_t given_entries_ = 0;
  LostNames lost_;
  std::set<std::string> unread_;
  Mistakes mistakes_;
  std::unordered_map<std::string, Position> given_at_;
};

const std::map<std::string, CaseReader::Read>& CaseReader::keys() {
  static const std::map<std::string, Read> all{
      {"title", &CaseReader::title},           {"source", &CaseReader::source},
      {"check", &CaseReader::check},           {"loss", &CaseReader::loss},
      {"network", &CaseReader::network},       {"settings", &CaseReader::settings},
      {"inputs", &CaseReader::inputs},         {"constants", &CaseReader::constants},
      {"parameters", &CaseReader::parameters}, {"update", &CaseReader::update},
      {"claims", &CaseReader::claims},         {"derivation", &CaseReader::derivation},
      {"errata", &CaseReader::errata},
  };
  return all;
}

const std::vector<std::string>& CaseReader::key_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [key, read] : keys()) {
      all.push_back(key);
    }
    return all;
  }();
  return names;
}

ReadCase CaseReader::read() {
  if (root_.entries().empty()) {
    throw LocatedError({1, 1}, "the file is empty, expected at least a network");
  }
  mistakes_.attempt([&] { root_.allow(key_names(), {"network"}); });
  for (const Entry& entry : root_.entries()) {
    const auto found = keys().find(entry.key);
    if (found != keys().end()) {
      if (!mistakes_.attempt([&] { (this->*found->second)(entry); })) {
        unread_.insert(entry.key);
      }
    } else if (const toml::table* unknown = entry.node->as_table()) {
      for (auto&& [key, value] : *unknown) {
        lost_.names.insert(normal_name(key.str()));  // [inputz]
      }
    }
  }
  return {std::move(file_), std::move(lost_), std::move(unread_), std::move(mistakes_)};
}

void CaseReader::check(const Entry& entry) {
  const std::string wanted = "a list of names, as in [\"a1\", \"z2\"]";
  const toml::array* names = entry.node->as_array();
  if (names == nullptr) {
    root_.fail(entry, wanted);
  }
  file_.check_at = entry.value_at();
  for (const toml::node& name : *names) {
    if (!name.is_string()) {
      const Position at{name.source().begin.line, name.source().begin.column};
      root_.fail_at(at, "check has " + root_.shown(name) + ", expected " + wanted);
    }
    file_.check.push_back(normal_name(name.as_string()->get()));
  }
}

void CaseReader::loss(const Entry& entry) {
  file_.loss = normal_name(root_.text(entry, "the name of a value"));
  file_.loss_at = root_.source().inside(entry.value_at());
}

Program CaseReader::statements(const TableReader& table, const Entry& entry) const {
  Program program = table.program(entry, "statements, between ''' and '''");
  if (is_blank(program.text)) {
    table.fail_at(entry.value_at(), entry.key + " has no statements, expected one at least");
  }
  return program;
}

void CaseReader::network(const Entry& entry) { file_.network = statements(root_, entry); }

/// A claim of a wrong form leaves the others to be judged.
void CaseReader::claims(const Entry& entry) {
  const TableReader table = root_.table(entry);
  mistakes_.attempt([&] { read_claims(table, file_); });
  read_claim_precision(table, file_);
}

void CaseReader::derivation(const Entry& entry) {
  const TableReader table = root_.table(entry);
  Mistakes mistakes;
  mistakes.attempt([&] { table.allow({"steps", "digits", "rtol"}, {"steps"}); });
  mistakes.attempt([&] {
    if (const Entry* steps = table.find("steps")) {
      file_.derivation = statements(table, *steps);
    }
  });
  mistakes.attempt([&] {
    if (const Entry* digits = table.find("digits")) {
      file_.derivation_as_printed = table.word(*digits, {"printed", "exact"}) == "printed";
    }
  });
  mistakes.attempt([&] {
    if (const Entry* rtol = table.find("rtol")) {
      file_.derivation_rtol = table.number(*rtol, "a finite number from 0", from_zero);
    }
  });
  mistakes.throw_any();
}

void CaseReader::settings(const Entry& entry) {
  const TableReader table = root_.table(entry);
  Mistakes mistakes;
  mistakes.attempt([&] { table.allow({"rtol", "method", "step", "precision"}); });
  for (const Entry& setting : table.entries()) {
    mistakes.attempt([&] { read_setting(table, setting); });
  }
  mistakes.throw_any();
}

void CaseReader::read_setting(const TableReader& table, const Entry& setting) {
  if (setting.key == "rtol") {
    file_.settings.rtol = table.number(setting, "a finite number from 0", from_zero);
  } else if (setting.key == "step") {
    file_.settings.step = table.number(setting, "a finite number above 0", above_zero);
  } else if (setting.key == "method") {
    file_.settings.method = table.word(setting, {"central", "forward"});
  } else if (setting.key == "precision") {
    const bool single = table.word(setting, {"float64", "float32"}) == "float32";
    file_.settings.precision = single ? Precision::float32 : Precision::float64;
  }
}

void CaseReader::given(const Entry& entry, Given::Table kind) {
  lost_.others = lost_.others || !entry.node->is_table();
  const TableReader table = root_.table(entry);
  for (const Entry& value : table.entries()) {
    if (!mistakes_.attempt([&] { given(table, value, kind); })) {
      lost_.names.insert(normal_name(value.key));
    }
  }
}

void CaseReader::given(const TableReader& table, const Entry& value, Given::Table kind) {
  if (!is_name(value.key) || value.key == "_" || value.key == "true" || value.key == "false") {
    table.fail_at(value.at, "name has '" + shortened(value.key) +
                                "', expected letters, digits and _, as in W1");
  }
  const std::string name = normal_name(value.key);
  const auto [twin, is_new] = given_at_.emplace(name, value.at);
  if (!is_new) {
    table.fail_at(value.at, "name '" + shortened(value.key) + "' is given already, at " +
                                to_string(twin->second));
  }
  require_room(table, value, declared_entries(table, value));
  file_.given.push_back({name, value.at, kind, read_given(table, value)});
  given_entries_ += file_.given.back().value.size();
  require_room(table, value, 0);
}

void CaseReader::require_room(const TableReader& table, const Entry& value,
                              std::size_t entries) const {
  if (given_entries_ + entries > max_entries) {
    table.fail_at(value.at, "all given values together have more than " +
                                std::to_string(max_entries) + " entries, expected fewer");
  }
}

// "Error while parsing array: ..." as "not valid TOML: while parsing array: ..."
std::string toml_message(std::string_view description) {
  constexpr std::string_view opening = "Error ";
  if (description.starts_with(opening)) {
    return "not valid TOML: " + std::string(description.substr(opening.size()));
  }
  std::string message(description);
  message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return "not valid TOML: " + message;
}

// What is written otherwise in Python, if the line has it.
std::string toml_hint(std::string_view text, std::size_t number) {
  for (std::size_t line = 1; line < number && text.find('\n') != std::string_view::npos; ++line) {
    text.remove_prefix(text.find('\n') + 1);
  }
  const std::string_view line = text.substr(0, text.find('\n'));
  for (std::size_t i = 1; i < line.size(); ++i) {
    const bool after_digit = std::isdigit(static_cast<unsigned char>(line[i - 1])) != 0;
    const char next = i + 1 < line.size() ? line[i + 1] : ' ';
    if (line[i] == '.' && after_digit && std::isalnum(static_cast<unsigned char>(next)) == 0) {
      return "; a number has digits behind its point, 1.0";
    }
  }
  const std::size_t equals = line.find('=');
  const std::size_t comma = line.find(',');
  if (equals != std::string_view::npos && comma != std::string_view::npos && comma > equals &&
      line.find_first_not_of(" 0123456789+-", equals + 1) == comma) {
    return "; a decimal comma is written as a point, 0.5";
  }
  if (line.find("\u2212") != std::string_view::npos) {
    return "; a minus is written -";
  }
  for (const std::string_view quote : {"\u201C", "\u201D", "\u201E", "\u2018", "\u2019"}) {
    if (line.find(quote) != std::string_view::npos) {
      return "; a text stands between \" or '";
    }
  }
  for (const std::string_view word : {"True", "False"}) {
    if (line.find(word) != std::string_view::npos) {
      return "; truth is written true and false";
    }
  }
  return line.find("= (") != std::string_view::npos ? "; a vector is written [0, 1]" : "";
}

[[noreturn]] void refuse_markdown(const std::filesystem::path& path) {
  const std::vector<std::size_t> fences = fences_in(read_case_text(path));
  if (fences.empty()) {
    throw LocatedError({1, 1}, "no case is fenced in it, expected a line ```gradcheck before one");
  }
  const std::string first = path.generic_string() + ":" + std::to_string(fences.front());
  throw LocatedError({fences.front(), 1},
                     "cases are fenced in it, expected the line of one, as in " + shortened(first));
}

/// { file = "weights.npz" }, wherever it stands.
void add_tensor_files(const toml::node& node, const std::filesystem::path& folder,
                      std::vector<std::filesystem::path>& files) {
  const auto add = [&](const toml::node& inner) { add_tensor_files(inner, folder, files); };
  if (const toml::array* items = node.as_array()) {
    std::for_each(items->begin(), items->end(), add);
  } else if (const toml::table* table = node.as_table()) {
    if (const auto file = (*table)["file"].value<std::string>()) {
      files.push_back(folder / *file);
    }
    for (auto&& [key, inner] : *table) {
      add(inner);
    }
  }
}

}  // namespace

ReadCase read_case(std::string_view text, const std::filesystem::path& folder) {
  if (text.size() > max_case_file) {
    throw LocatedError({1, 1}, too_large(text.size()));
  }
  const SourceText source(text, folder);
  check_toml_depth(source.text());
  try {
    const toml::table root = toml::parse(source.text(), std::string_view());
    return CaseReader(root, source).read();
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw LocatedError({at.line, at.column},
                       toml_message(error.description()) + toml_hint(source.text(), at.line));
  }
}

CaseFile parse_case_file(std::string_view text, const std::filesystem::path& folder) {
  ReadCase read = read_case(text, folder);
  read.mistakes.throw_any();
  return std::move(read.file);
}

ReadCase read_case_file(const std::filesystem::path& path) {
  if (path.extension() == ".md") {
    refuse_markdown(path);
  }
  return read_case(read_case_text(path), path.parent_path());
}

std::vector<std::filesystem::path> tensor_files_of(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(fenced_place(path).first, ignored)) {
    return files;  // a pipe can be read once
  }
  try {
    const std::string text = read_case_text(path);
    const SourceText source(text);
    check_toml_depth(source.text());
    add_tensor_files(toml::parse(source.text(), std::string_view()), path.parent_path(), files);
  } catch (const LocatedError&) {  // told when the case is run
  } catch (const toml::parse_error&) {
  }
  return files;
}

const std::vector<std::string>& case_keys() { return CaseReader::key_names(); }

}  // namespace gradcheck
