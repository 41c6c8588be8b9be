#include "terminal.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <gradcheck/report/safe_text.hpp>

#include "status.hpp"

namespace gradcheck::program {
namespace {

constexpr std::size_t width_without_terminal = 80;

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_dumb_terminal() {
  const char* const term = std::getenv("TERM");
  return term == nullptr || std::strcmp(term, "dumb") == 0;
}

}  // namespace

void Output::write(std::string_view text, bool color) { put(safe_text(text, color)); }

void Output::put(std::string_view bytes) {
  if (gone_ || bytes.empty()) {
    return;
  }
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), stream_) == bytes.size();
  if (written && std::fflush(stream_) == 0) {
    return;
  }
  gone_ = true;
  if (errno != EPIPE) {
    throw UsageError(fmt::format("{}: cannot be written: {}", name_, std::strerror(errno)));
  }
}

bool Output::is_terminal() const { return isatty(fileno(stream_)) != 0; }

std::size_t Output::width() const {
  winsize size = {};
  const bool known = is_terminal() && ioctl(fileno(stream_), TIOCGWINSZ, &size) == 0;
  return known && size.ws_col > 0 ? size.ws_col : width_without_terminal;
}

bool Output::wants_color(const std::string& when) const {
  if (when != "auto") {
    return when == "always";
  }
  return is_terminal() && !is_set("NO_COLOR") && !is_dumb_terminal();
}

Output& standard_output() {
  static Output output(stdout, "standard output");
  return output;
}

Output& standard_error() {
  static Output output(stderr, "standard error");
  return output;
}

void prepare_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) == -1 && errno == EBADF) {
      // Takes the lowest free number, which is `stream`; may be read (nothing), not written.
      [[maybe_unused]] const int opened = open("/dev/null", O_RDONLY);
    }
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow: the write fails instead
}

ProgressLine::ProgressLine(bool wanted)
    : wanted_(wanted && standard_error().is_terminal() && !is_dumb_terminal()),
      due_(Clock::now() + progress_delay) {}

void ProgressLine::show(const std::string& text) {
  if (!wanted_ || Clock::now() < due_ || text == shown_) {
    return;
  }
  standard_error().put("\r" + safe_text(text) + "\x1b[K");
  shown_ = text;
  due_ = Clock::now() + update_period;
}

void ProgressLine::clear() {
  if (!shown_.empty()) {
    standard_error().put("\r\x1b[K");
    shown_.clear();
  }
}

}  // namespace gradcheck::program
