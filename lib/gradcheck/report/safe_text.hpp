#pragma once

#include <string>
#include <string_view>

namespace gradcheck {

/// The one form in which a text reaches a terminal or a log, whoever wrote what it quotes. Line by
/// line it is printable(); with `color`, the codes of paint() stay. No line is left that a service
/// which runs checks would take for a command to itself ("::error ...", also behind blanks, and
/// "##[...", "##vso[...", "##teamcity[..." anywhere): U+FFFD breaks it.
std::string safe_text(std::string_view text, bool color = false);

}  // namespace gradcheck
