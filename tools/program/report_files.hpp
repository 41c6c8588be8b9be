#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/report/text.hpp>

namespace gradcheck::program {

/// The formats that --report knows, in the order in which messages name them.
const std::vector<std::string>& report_formats();

/// One --report FORMAT[=FILE]; without a file (or with "-") it goes to standard output.
struct ReportRequest {
  std::string format;
  std::filesystem::path file;
  bool to_standard_output() const { return file.empty(); }
};

/// Throws UsageError for an unknown format or an empty file name.
ReportRequest parse_report(std::string_view text);

/// The report in that format; text in `style`.
std::string render(const std::string& format, const Report& report, const TextStyle& style);

/// Throws UsageError if it is plain beforehand that the file could not be written.
void require_writable(const std::filesystem::path& file);

/// Throws UsageError if two reports would go to one file.
void require_distinct(const std::vector<ReportRequest>& reports);

/// Throws UsageError if a report would overwrite an input: one of the files being checked, a tensor
/// file that one of them names, or a file of a folder among `paths` that might be one.
void require_no_input(const std::filesystem::path& file,
                      const std::vector<std::filesystem::path>& inputs,
                      const std::vector<std::string>& paths);

/// Writes the whole file or leaves what was there, as replace_file() does. Devices and pipes are
/// written directly. Throws UsageError.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace gradcheck::program
