#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradcheck {

/// The lines of the fences in a Markdown text behind which cases stand: ```gradcheck.
std::vector<std::size_t> fences_in(std::string_view markdown);

/// What is fenced from that line on, each line where it was; those before it are empty. Throws
/// LocatedError where no case is fenced there.
std::string fenced_text(std::string_view markdown, std::size_t fence);

/// "notes.md:12" as the file and the line of a fence; any other path, and one of a file with such a
/// name, with line 0.
std::pair<std::filesystem::path, std::size_t> fenced_place(const std::filesystem::path& path);

}  // namespace gradcheck
