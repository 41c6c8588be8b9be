#include "child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipe.hpp"
#include "processes.hpp"
#include "terminal.hpp"

namespace gradcheck::program {
namespace {

using Clock = std::chrono::steady_clock;

/// How often a child that says nothing is asked whether it lives.
constexpr int patience_ms = 50;
/// A line that is longer is passed on in parts.
constexpr std::size_t longest_line = 65536;

bool write_all(int descriptor, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno != EINTR) {
      return false;
    }
    const std::size_t done = written < 0 ? 0 : static_cast<std::size_t>(written);
    bytes += done;
    size -= done;
  }
  return true;
}

void limit(int resource, std::size_t most) {
  const rlimit value{most, most};
  setrlimit(static_cast<__rlimit_resource_t>(resource), &value);
}

/// In the child: a group of its own, limits, and what it prints.
void settle_in([[maybe_unused]] const Allowance& allowance, int printed) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
#ifndef __SANITIZE_ADDRESS__  // which maps more than any child may have
  limit(RLIMIT_DATA, allowance.bytes);
#endif
  dup2(printed, STDOUT_FILENO);
  dup2(printed, STDERR_FILENO);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what was printed before a crash is to be seen
}

/// In the child: the length of the result and the result; _exit, for what the plugin registered to
/// run at the end must not run.
[[noreturn]] void work_and_exit(const std::function<std::string()>& work, int output) {
  try {
    const std::string bytes = work();
    const std::uint64_t size = bytes.size();
    const bool told = write_all(output, reinterpret_cast<const char*>(&size), sizeof size) &&
                      write_all(output, bytes.data(), bytes.size());
    std::fflush(stdout);
    _exit(told ? 0 : 1);
  } catch (...) {
    _exit(1);
  }
}

/// What a child prints, passed on line by line.
class PassedOn {
 public:
  ~PassedOn() { pass(line_.size()); }

  void add(std::string_view bytes) {
    line_ += bytes;
    const std::size_t end = line_.rfind('\n');
    pass(end == std::string::npos ? 0 : end + 1);
    if (line_.size() > longest_line) {
      pass(line_.size());
    }
  }

 private:
  void pass(std::size_t size) {
    standard_error().write(std::string_view(line_).substr(0, size));
    line_.erase(0, size);
  }

  std::string line_;
};

/// Reads from a child what it hands back and what it prints, until it has handed back all, has
/// ended, or its time is over.
class Listener {
 public:
  Listener(pid_t child, Pipe& result, Pipe& printed, Clock::time_point deadline)
      : child_(child), result_(result), printed_(printed), deadline_(deadline) {}

  void listen() {
    while (!whole() && !too_much() && !late()) {
      const bool ended = has_ended(child_);
      if (!listen_once() && ended) {
        break;  // and nothing that it said is left
      }
    }
    while (read_printed() > 0) {
    }
  }

  bool whole() const { return size_known() && bytes_.size() == sizeof(std::uint64_t) + size(); }
  bool too_much() const { return size_known() && size() > max_transfer; }
  bool late() const { return Clock::now() >= deadline_; }
  std::string bytes() const { return bytes_.substr(sizeof(std::uint64_t)); }

 private:
  bool size_known() const { return bytes_.size() >= sizeof(std::uint64_t); }
  std::uint64_t size() const {
    std::uint64_t size = 0;
    std::memcpy(&size, bytes_.data(), sizeof size);
    return size;
  }

  /// Whether there was anything to read.
  bool listen_once() {
    std::array<pollfd, 2> ready{pollfd{result_.input(), POLLIN, 0},
                                pollfd{printed_.input(), POLLIN, 0}};
    if (poll(ready.data(), ready.size(), patience_ms) <= 0) {
      return false;
    }
    const std::size_t told = read_result();
    return read_printed() + told > 0;
  }

  std::size_t read_result() {
    const std::size_t wanted =
        size_known() ? sizeof(std::uint64_t) + size() : sizeof(std::uint64_t);
    const std::string_view got = result_.read(wanted - bytes_.size());
    bytes_ += got;
    return got.size();
  }
  std::size_t read_printed() {
    const std::string_view got = printed_.read(longest_line);
    passed_on_.add(got);
    return got.size();
  }

  pid_t child_;
  Pipe& result_;
  Pipe& printed_;
  Clock::time_point deadline_;
  std::string bytes_;
  PassedOn passed_on_;
};

std::string end_text(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return fmt::format("crashed: signal {} ({})", signal, strsignal(signal));
  }
  return fmt::format("ended its process with exit status {}", WEXITSTATUS(status));
}

}  // namespace

ChildResult run_in_child(const std::function<std::string()>& work, const Allowance& allowance) {
  adopt_orphans();
  Pipe result;
  Pipe printed;
  const pid_t child = forked();
  if (child == 0) {
    settle_in(allowance, printed.output());
    work_and_exit(work, result.output());
  }
  result.close_output();
  printed.close_output();
  const std::chrono::duration<double> time(std::min(allowance.seconds, max_seconds));
  Listener listener(child, result, printed,
                    Clock::now() + std::chrono::duration_cast<Clock::duration>(time));
  listener.listen();
  const bool whole = listener.whole(), too_much = listener.too_much(), ended = has_ended(child);
  const int status = end_with_all_it_started(child);
  if (whole) {
    return {listener.bytes(), ""};
  }
  if (too_much) {
    return {std::nullopt, fmt::format("handed back more than {}, expected less",
                                      bytes_text(static_cast<double>(max_transfer)))};
  }
  return {std::nullopt,
          ended ? end_text(status) : fmt::format("took longer than {:g} s", time.count())};
}

}  // namespace gradcheck::program
