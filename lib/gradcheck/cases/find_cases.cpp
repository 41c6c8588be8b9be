#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <fnmatch.h>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/markdown.hpp>
#include <gradcheck/cases/run.hpp>
#include <gradcheck/layers/library.hpp>

namespace gradcheck {

namespace fs = std::filesystem;

namespace {

/// What stands in a folder; nothing, with `error` set, if it cannot be read.
std::vector<fs::directory_entry> listing(const fs::path& folder, std::error_code& error) {
  std::vector<fs::directory_entry> found;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    found.push_back(*entry);
  }
  return found;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

bool matches(const std::string& glob, const std::string& text) {
  return fnmatch(glob.c_str(), text.c_str(), 0) == 0;
}

/// Whether a file or folder is left out: its whole path, its id or its name matches.
bool is_excluded(const fs::path& path, const std::vector<std::string>& exclude) {
  const std::string whole = path.lexically_normal().generic_string();
  return std::ranges::any_of(exclude, [&](const std::string& glob) {
    return matches(glob, whole) || matches(glob, case_id(path)) ||
           matches(glob, path.filename().string());
  });
}

/// The *.toml and *.md files below a folder, and the folders below it that cannot be read. Links to
/// folders are not followed: they may lead back.
std::vector<fs::path> files_below(const fs::path& root, const std::vector<std::string>& exclude) {
  std::vector<fs::path> files;
  std::vector<fs::path> folders{root};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (const fs::directory_entry& entry : listing(folder, error)) {
      std::error_code unknown;
      const fs::path extension = entry.path().extension();
      const bool is_folder = entry.is_directory(unknown);
      if (is_excluded(entry.path(), exclude)) {
        continue;
      }
      if (!is_folder && (extension == ".toml" || extension == ".md")) {
        files.push_back(entry.path());
      } else if (is_folder && !entry.is_symlink(unknown) && !is_hidden(entry.path())) {
        folders.push_back(entry.path());
      }
    }
    if (error) {
      files.push_back(folder);
    }
  }
  std::ranges::sort(files);  // of a file and links to it, the first is the case
  return files;
}

/// The first part of the key that a line of TOML begins with: "claims" of "[claims.forward]".
std::string_view first_key(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t[\"'");
  line.remove_prefix(std::min(first, line.size()));
  const auto in_key = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return {line.begin(), std::ranges::find_if_not(line, in_key)};
}

/// Whether a text might be a case: a line of it begins with one of a case's keys, or with the
/// misspelt word that no case is without.
bool may_be_case(std::string_view text) {
  const std::vector<std::string>& keys = case_keys();
  while (!text.empty()) {
    const std::string_view key = first_key(text.substr(0, text.find('\n')));
    if (std::ranges::find(keys, key) != keys.end() ||
        (!key.empty() && nearest_name(key, {"network"}) == "network")) {
      return true;
    }
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return false;
}

/// A file's text; none if it cannot be read, which running it will tell.
std::optional<std::string> readable(const fs::path& file) {
  try {
    return read_case_text(file);
  } catch (const LocatedError&) {
    return std::nullopt;
  }
}

/// Gathers cases, each file once.
class CaseFinder {
 public:
  CaseFinder(const std::string& filter, const std::vector<std::string>& exclude)
      : filter_(filter), exclude_(exclude) {}

  void add(const fs::path& path) {
    std::error_code error;
    const std::size_t before = seen_.size();
    if (!fs::is_directory(path, error)) {
      add_file(path, true);
      return;
    }
    for (const fs::path& file : files_below(path, exclude_)) {
      add_file(file, false);
    }
    if (seen_.size() == before) {
      found_.empty.push_back(path);
    }
  }

  FoundCases take() {
    for (auto& entry : by_id_) {
      found_.files.push_back(std::move(entry.second));
    }
    return std::move(found_);
  }

 private:
  void add_file(const fs::path& file, bool named) {
    const std::optional<std::string> text =
        named && file.extension() != ".md" ? std::nullopt : readable(file);
    if (text && file.extension() == ".md") {
      for (const std::size_t line : fences_in(*text)) {
        add_case(file.string() + ":" + std::to_string(line));
      }
      if (named && fences_in(*text).empty()) {
        add_case(file);
      }
    } else if (text && !may_be_case(*text)) {
      ++found_.passed_over;
    } else if (named || file.extension() != ".md") {
      add_case(file);
    }
  }

  void add_case(const fs::path& file) {
    std::error_code error;
    const auto [path, line] = fenced_place(file);
    const fs::path same = file == "-" ? file : fs::weakly_canonical(path, error);
    const std::pair key((error ? path : same).string(), line);
    const std::string id = case_id(file);
    if (!filter_.empty() && !matches(filter_, id)) {
      found_.left_out += seen_.insert(key).second ? 1 : 0;
    } else if (seen_.insert(key).second) {
      by_id_.emplace(id, file.lexically_normal());
    }
  }

  const std::string& filter_;
  const std::vector<std::string>& exclude_;
  FoundCases found_;
  std::set<std::pair<std::string, std::size_t>> seen_;
  std::map<std::string, fs::path> by_id_;
};

}  // namespace

std::string case_id(const fs::path& file) {
  fs::path id = file.lexically_normal();
  if (id.extension() == ".toml") {
    id.replace_extension();
  }
  return id.generic_string();
}

FoundCases find_cases(const std::vector<fs::path>& paths, const std::string& filter,
                      const std::vector<std::string>& exclude) {
  CaseFinder finder(filter, exclude);
  for (const fs::path& path : paths) {
    finder.add(path);
  }
  return finder.take();
}

}  // namespace gradcheck
