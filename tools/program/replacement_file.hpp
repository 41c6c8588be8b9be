#pragma once

#include <filesystem>
#include <string_view>

namespace gradcheck::program {

/// Puts a file with this text in the place of `target`, or leaves what was there: whole or not at
/// all. It keeps the mode and, where that may be, the owner of the old one. What is written first
/// has no name, or one that nobody can foresee, follows no link, and does not stay behind: not
/// after SIGINT, SIGTERM or SIGHUP either, which wait until it is done. Throws std::system_error.
void replace_file(const std::filesystem::path& target, std::string_view text);

}  // namespace gradcheck::program
