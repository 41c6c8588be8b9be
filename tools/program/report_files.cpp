#include "report_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/markdown.hpp>
#include <gradcheck/report/csv.hpp>
#include <gradcheck/report/display.hpp>
#include <gradcheck/report/github.hpp>
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/junit.hpp>

#include "replacement_file.hpp"
#include "status.hpp"

namespace gradcheck::program {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& file, const char* reason) {
  throw UsageError(
      fmt::format("{}: report cannot be written: {}", printable(file.string()), reason));
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// Whether there is a file that may hold tensors, also behind a link.
bool may_be_tensors(const fs::path& file) {
  std::error_code ignored;
  const fs::path extension = fs::weakly_canonical(file, ignored).extension();
  return fs::exists(file, ignored) &&
         (extension == ".npy" || extension == ".npz" || extension == ".safetensors");
}

bool is_special(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored) && !fs::is_regular_file(file, ignored);
}

/// Whether two paths lead to one file, through links or spelt in two ways, whether or not it is
/// there already.
bool is_same(const fs::path& a, const fs::path& b) {
  std::error_code missing, unresolved;
  if (fs::equivalent(a, b, missing) && !missing) {
    return true;
  }
  return fs::weakly_canonical(fs::absolute(a), unresolved) ==
         fs::weakly_canonical(fs::absolute(b), unresolved);
}

bool is_below(const fs::path& file, const fs::path& folder) {
  std::error_code unresolved;
  const fs::path relative =
      fs::weakly_canonical(fs::absolute(file), unresolved)
          .lexically_relative(fs::weakly_canonical(fs::absolute(folder), unresolved));
  return !relative.empty() && *relative.begin() != "..";
}

/// Writes and closes; false, with errno set, if any of it fails.
bool write_whole(const fs::path& file, std::string_view text) {
  std::FILE* const stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) {
    return false;
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  const int problem = errno;
  const bool closed = std::fclose(stream) == 0;
  errno = written ? errno : problem;
  return written && closed;
}

}  // namespace

const std::vector<std::string>& report_formats() {
  static const std::vector<std::string> formats = {"text", "json", "junit", "github", "csv"};
  return formats;
}

ReportRequest parse_report(std::string_view text) {
  const std::size_t equals = text.find('=');
  ReportRequest request{std::string(text.substr(0, equals)), {}};
  const std::vector<std::string>& known = report_formats();
  if (std::find(known.begin(), known.end(), request.format) == known.end()) {
    throw UsageError(fmt::format("--report: has <{}>, expected one of {}", request.format,
                                 fmt::join(known, ", ")));
  }
  if (equals == std::string_view::npos) {
    return request;
  }
  const std::string_view file = text.substr(equals + 1);
  if (file.empty()) {
    throw UsageError(fmt::format("--report: has <{}>, expected a file after '='", text));
  }
  request.file = file == "-" ? fs::path() : fs::path(file);
  return request;
}

std::string render(const std::string& format, const Report& report, const TextStyle& style) {
  if (format == "json") {
    return to_json(report);
  }
  if (format == "csv") {
    return to_csv(report);
  }
  if (format == "github") {
    return to_github(report, style.allow_inconclusive);
  }
  return format == "junit" ? to_junit(report, style.allow_inconclusive) : to_text(report, style);
}

void require_writable(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    refuse(file, std::strerror(EISDIR));
  }
  const bool special = is_special(file);
  if (!special && access(folder_of(file).c_str(), W_OK | X_OK) != 0) {
    refuse(file, std::strerror(errno));
  }
  if (access(file.c_str(), W_OK) != 0 && errno != ENOENT) {
    refuse(file, std::strerror(errno));
  }
}

void require_distinct(const std::vector<ReportRequest>& reports) {
  for (std::size_t k = 0; k < reports.size(); ++k) {
    for (std::size_t other = 0; other < k && !reports[k].to_standard_output(); ++other) {
      if (!reports[other].to_standard_output() && is_same(reports[k].file, reports[other].file) &&
          !is_special(reports[k].file)) {
        refuse(reports[k].file, "another report goes to the same file");
      }
    }
  }
}

void require_no_input(const fs::path& file, const std::vector<fs::path>& inputs,
                      const std::vector<std::string>& paths) {
  const fs::path extension = file.extension();
  std::error_code ignored;
  const bool case_like = (extension == ".toml" || extension == ".md") && fs::exists(file, ignored);
  const bool below = case_like && std::any_of(paths.begin(), paths.end(), [&](const auto& path) {
                       return fs::is_directory(path, ignored) && is_below(file, path);
                     });
  const bool input = std::any_of(inputs.begin(), inputs.end(), [&](const fs::path& one) {
    return is_same(file, fenced_place(one).first);
  });
  if (below || input) {
    refuse(file, "it is a file that is being checked");
  }
  const bool read =
      may_be_tensors(file) && std::any_of(inputs.begin(), inputs.end(), [&](const fs::path& one) {
        const std::vector<fs::path> tensors = tensor_files_of(one);
        return std::any_of(tensors.begin(), tensors.end(),
                           [&](const fs::path& own) { return is_same(file, own); });
      });
  if (read) {
    refuse(file, "a case that is being checked reads it");
  }
}

void write_file(const fs::path& file, std::string_view text) {
  if (is_special(file)) {
    if (!write_whole(file, text)) {
      refuse(file, std::strerror(errno));
    }
    return;
  }
  // A link stays a link: what it points to is replaced.
  std::error_code unresolved;
  const fs::path real = fs::weakly_canonical(file, unresolved);
  try {
    replace_file(unresolved ? fs::absolute(file) : real, text);
  } catch (const std::system_error& error) {
    refuse(file, std::strerror(error.code().value()));
  }
}

}  // namespace gradcheck::program
