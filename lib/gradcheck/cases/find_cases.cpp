#include <map>
#include <system_error>
#include <utility>

#include <fnmatch.h>

#include <gradcheck/cases/run.hpp>

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

/// The case files below a folder, and the folders below it that cannot be read. Links to folders
/// are not followed: they may lead back.
std::vector<fs::path> files_below(const fs::path& root) {
  std::vector<fs::path> files;
  std::vector<fs::path> folders{root};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    for (const fs::directory_entry& entry : listing(folder, error)) {
      std::error_code unknown;
      if (!entry.is_directory(unknown)) {
        if (entry.path().extension() == ".toml") {
          files.push_back(entry.path());
        }
      } else if (!entry.is_symlink(unknown)) {
        folders.push_back(entry.path());
      }
    }
    if (error) {
      files.push_back(folder);
    }
  }
  return files;
}

}  // namespace

std::string case_id(const fs::path& file) {
  fs::path id = file.lexically_normal();
  if (id.extension() == ".toml") {
    id.replace_extension();
  }
  return id.generic_string();
}

FoundCases find_cases(const std::vector<fs::path>& paths, const std::string& filter) {
  FoundCases found;
  std::map<std::string, fs::path> by_id;
  for (const fs::path& path : paths) {
    std::error_code error;
    const bool folder = fs::is_directory(path, error);
    const std::vector<fs::path> files = folder ? files_below(path) : std::vector<fs::path>{path};
    if (files.empty()) {
      found.empty.push_back(path);
    }
    for (const fs::path& file : files) {
      const std::string id = case_id(file);
      if (filter.empty() || fnmatch(filter.c_str(), id.c_str(), 0) == 0) {
        by_id.emplace(id, file.lexically_normal());
      } else {
        ++found.left_out;
      }
    }
  }
  for (auto& entry : by_id) {
    found.files.push_back(std::move(entry.second));
  }
  return found;
}

}  // namespace gradcheck
