#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace gradcheck::program {

/// One of the standard streams. A reader that has gone away (`| head`) ends the output in silence;
/// any other failure to write is a UsageError.
class Output {
 public:
  Output(std::FILE* stream, std::string name) : stream_(stream), name_(std::move(name)) {}
  /// The text as safe_text() has it; with `color`, it keeps the codes of paint().
  void write(std::string_view text, bool color = false);
  /// A file for another program, as it is; on a terminal as safe_text() has it.
  void write_data(std::string_view text) { is_terminal() ? write(text) : put(text); }
  /// Commands to a service that runs checks, a line each, as their writer has escaped them.
  void write_commands(std::string_view lines) { put(lines); }
  bool is_terminal() const;
  /// Of the terminal, in columns; 80 where there is none.
  std::size_t width() const;
  /// Whether to use colour: `when` is "always", "never" or "auto" (a terminal that can, and no
  /// NO_COLOR in the environment).
  bool wants_color(const std::string& when) const;

 private:
  friend class ProgressLine;
  void put(std::string_view bytes);

  std::FILE* stream_;
  std::string name_;
  bool gone_ = false;
};

Output& standard_output();
Output& standard_error();

/// Readies the standard streams: a closed one is replaced by one that cannot be written to, lest a
/// file that is opened later take its number; writing to a closed pipe is an error, not a signal.
void prepare_streams();

/// A run that is over before this shows no progress; a line stays at least for the period.
inline constexpr std::chrono::milliseconds progress_delay{300};
inline constexpr std::chrono::milliseconds update_period{100};

/// A single line on standard error that says how far a run is; nothing where that is no terminal,
/// and nothing in its first moments, so that what is quick does not flicker.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  bool wanted() const { return wanted_; }
  /// The columns that a line may have.
  std::size_t width() const { return standard_error().width() - 1; }
  /// Puts the text in the place of the last, unless that is younger than a tenth of a second.
  void show(const std::string& text);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool wanted_;
  Clock::time_point due_;
  std::string shown_;
};

}  // namespace gradcheck::program
