#pragma once

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
  void write(std::string_view text);
  bool is_terminal() const;
  /// Of the terminal, in columns; 80 where there is none.
  std::size_t width() const;
  /// Whether to use colour: `when` is "always", "never" or "auto" (a terminal that can, and no
  /// NO_COLOR in the environment).
  bool wants_color(const std::string& when) const;

 private:
  std::FILE* stream_;
  std::string name_;
  bool gone_ = false;
};

Output& standard_output();
Output& standard_error();

/// Readies the standard streams: a closed one is replaced by one that cannot be written to, lest a
/// file that is opened later take its number; writing to a closed pipe is an error, not a signal.
void prepare_streams();

/// A single line on standard error that says how far a run is; nothing where that is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(std::size_t done, std::size_t total, std::string_view what);
  void clear();

 private:
  bool wanted_;
  bool shown_ = false;
};

}  // namespace gradcheck::program
