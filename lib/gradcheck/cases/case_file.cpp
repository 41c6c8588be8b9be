#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/given.hpp>
#include <gradcheck/cases/read_claims.hpp>
#include <gradcheck/cases/source_text.hpp>
#include <gradcheck/cases/table_reader.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {
namespace {

constexpr long long max_steps = 1000000;

bool from_zero(double x) { return x >= 0; }
bool above_zero(double x) { return x > 0; }

bool is_identifier(const std::string& name) {
  const auto fits = [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '_'); };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits) &&
         std::isdigit(static_cast<unsigned char>(name[0])) == 0;
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Reads the keys of a case file, in the order of the file, so that the first mistake is the one
// reported.
class CaseReader {
 public:
  CaseReader(const toml::table& root, const SourceText& source) : root_(root, "", {1, 1}, source) {}

  CaseFile read();

 private:
  using Read = void (CaseReader::*)(const Entry& entry);
  static const std::map<std::string, Read>& keys();

  void title(const Entry& entry) { file_.title = root_.text(entry); }
  void source(const Entry& entry) { file_.source = root_.text(entry); }
  void check(const Entry& entry);
  void loss(const Entry& entry);
  void network(const Entry& entry);
  void settings(const Entry& entry);
  void inputs(const Entry& entry) { given(entry, Given::Table::inputs); }
  void constants(const Entry& entry) { given(entry, Given::Table::constants); }
  void parameters(const Entry& entry) { given(entry, Given::Table::parameters); }
  void update(const Entry& entry);
  void claims(const Entry& entry) { read_claims(root_.table(entry), file_); }
  void derivation(const Entry& entry);
  void errata(const Entry& entry) { read_errata(root_.table(entry), file_); }

  void given(const Entry& entry, Given::Table table);
  Program statements(const TableReader& table, const Entry& entry) const;

  TableReader root_;
  CaseFile file_;
  std::size_t given_entries_ = 0;
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

CaseFile CaseReader::read() {
  if (root_.entries().empty()) {
    throw LocatedError({1, 1}, "the file is empty, expected at least a network");
  }
  std::vector<std::string> known;
  for (const auto& [key, read] : keys()) {
    known.push_back(key);
  }
  for (const Entry& entry : root_.entries()) {
    const auto found = keys().find(entry.key);
    if (found == keys().end()) {
      root_.allow(known);
    }
    (this->*found->second)(entry);
  }
  root_.need("network");
  return std::move(file_);
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
    file_.check.push_back(name.as_string()->get());
  }
}

void CaseReader::loss(const Entry& entry) {
  file_.loss = root_.text(entry, "the name of a value");
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

void CaseReader::derivation(const Entry& entry) {
  const TableReader table = root_.table(entry);
  table.allow({"steps"});
  file_.derivation = statements(table, table.need("steps"));
}

void CaseReader::settings(const Entry& entry) {
  const TableReader table = root_.table(entry);
  table.allow({"rtol", "method", "step", "precision"});
  if (const Entry* rtol = table.find("rtol")) {
    file_.settings.rtol = table.number(*rtol, "a finite number from 0", from_zero);
  }
  if (const Entry* step = table.find("step")) {
    file_.settings.step = table.number(*step, "a finite number above 0", above_zero);
  }
  if (const Entry* method = table.find("method")) {
    const std::string wanted = "\"central\" or \"forward\"";
    file_.settings.method = table.text(*method, wanted);
    if (*file_.settings.method != "central" && *file_.settings.method != "forward") {
      table.fail(*method, wanted);
    }
  }
  if (const Entry* precision = table.find("precision")) {
    const std::string wanted = "\"float64\" or \"float32\"";
    const std::string name = table.text(*precision, wanted);
    if (name != "float64" && name != "float32") {
      table.fail(*precision, wanted);
    }
    file_.settings.precision = name == "float32" ? Precision::float32 : Precision::float64;
  }
}

void CaseReader::given(const Entry& entry, Given::Table kind) {
  const TableReader table = root_.table(entry);
  for (const Entry& value : table.entries()) {
    if (!is_identifier(value.key) || value.key == "_" || value.key == "true" ||
        value.key == "false") {
      table.fail_at(value.at, "name has '" + shortened(value.key) +
                                  "', expected letters, digits and _, as in W1");
    }
    const auto same = [&](const Given& other) { return other.name == value.key; };
    const auto twin = std::find_if(file_.given.begin(), file_.given.end(), same);
    if (twin != file_.given.end()) {
      table.fail_at(value.at, "name '" + shortened(value.key) + "' is given already, at " +
                                  to_string(twin->at));
    }
    file_.given.push_back({value.key, value.at, kind, read_given(table, value)});
    given_entries_ += file_.given.back().value.size();
    if (given_entries_ > max_entries) {
      table.fail_at(value.at, "all given values together have more than " +
                                  std::to_string(max_entries) + " entries, expected fewer");
    }
  }
}

void CaseReader::update(const Entry& entry) {
  const TableReader table = root_.table(entry);
  UpdateRule update;
  update.at = table.at();
  if (const Entry* rule = table.find("rule")) {
    update.rule = table.text(*rule, "\"sgd\"");
    if (update.rule != "sgd") {
      table.fail_at(rule->value_at(),
                    "only sgd is supported so far, got '" + shortened(update.rule) + "'");
    }
  }
  table.allow({"rule", "learning_rate", "steps"});
  update.learning_rate =
      table.number(table.need("learning_rate"), "a finite number from 0", from_zero);
  if (const Entry* steps = table.find("steps")) {
    const std::string wanted = "an integer from 1 to " + std::to_string(max_steps);
    update.steps = static_cast<std::size_t>(table.integer(*steps, 1, max_steps, wanted));
  }
  file_.update = update;
}

std::string too_large(const std::string& bytes) {
  return "the file has " + bytes + " bytes, expected at most " + std::to_string(max_case_file);
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

[[noreturn]] void cannot_read(const std::string& why) {
  throw LocatedError({}, "cannot be read: " + why);
}

// Closed when it is left.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : number_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (number_ < 0) {
      cannot_read(std::strerror(errno));
    }
  }
  ~OpenFile() { close(number_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // The size of a file that can be read: no folder, and no pipe, which might never end.
  std::size_t readable_size() const {
    struct stat status = {};
    if (fstat(number_, &status) != 0) {
      cannot_read(std::strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
      cannot_read("Is a directory");
    }
    if (!S_ISREG(status.st_mode)) {
      cannot_read("Not a regular file");
    }
    const auto bytes = static_cast<std::uintmax_t>(status.st_size);
    if (bytes > max_case_file) {
      throw LocatedError({}, too_large(std::to_string(bytes)));
    }
    return bytes;
  }

  // All of it, or what is left of it by now.
  std::string text() const {
    std::string text(readable_size(), '\0');
    std::size_t filled = 0;
    for (ssize_t got = 1; got != 0 && filled < text.size();
         filled += static_cast<std::size_t>(got)) {
      got = read(number_, text.data() + filled, text.size() - filled);
      if (got < 0) {
        cannot_read(std::strerror(errno));
      }
    }
    text.resize(filled);
    return text;
  }

 private:
  int number_;
};

}  // namespace

CaseFile parse_case_file(std::string_view text) {
  if (text.size() > max_case_file) {
    throw LocatedError({1, 1}, too_large(std::to_string(text.size())));
  }
  const SourceText source(text);
  check_toml_depth(source.text());
  try {
    const toml::table root = toml::parse(source.text(), std::string_view());
    return CaseReader(root, source).read();
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    throw LocatedError({at.line, at.column}, toml_message(error.description()));
  }
}

CaseFile read_case_file(const std::filesystem::path& path) {
  return parse_case_file(OpenFile(path).text());
}

}  // namespace gradcheck
