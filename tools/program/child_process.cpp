#include "child_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gradcheck::program {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void refuse(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// One end of a pipe.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) {
      ::close(number_);
    }
    number_ = -1;
  }

 private:
  int number_;
};

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

/// In the child: the length of the result and the result; _exit, for what the plugin registered to
/// run at the end must not run.
[[noreturn]] void work_and_exit(const std::function<std::string()>& work, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // what was printed before a crash is to be seen
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

/// Reads until `bytes` has that size: false at the end of the file or of the time.
bool read_until(int descriptor, std::string& bytes, std::size_t size, Clock::time_point deadline) {
  std::array<char, 65536> block;
  while (bytes.size() < size) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ready{descriptor, POLLIN, 0};
    const int most = static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 1'000'000));
    const int found = poll(&ready, 1, most);
    if (found == 0 && Clock::now() >= deadline) {
      return false;
    }
    if (found <= 0) {
      continue;
    }
    const ssize_t got = read(descriptor, block.data(), std::min(block.size(), size - bytes.size()));
    if (got == 0) {
      return false;
    }
    bytes.append(block.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  }
  return true;
}

std::optional<std::string> read_result(int descriptor, Clock::time_point deadline) {
  std::string head;
  std::uint64_t size = 0;
  if (!read_until(descriptor, head, sizeof size, deadline)) {
    return std::nullopt;
  }
  std::memcpy(&size, head.data(), sizeof size);
  std::string bytes;
  return read_until(descriptor, bytes, size, deadline) ? std::optional(bytes) : std::nullopt;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return fmt::format("crashed: signal {} ({})", signal, strsignal(signal));
  }
  return fmt::format("ended its process with exit status {}", WEXITSTATUS(status));
}

}  // namespace

ChildResult run_in_child(const std::function<std::string()>& work,
                         std::chrono::duration<double> limit) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    refuse("pipe");
  }
  const Descriptor input(ends[0]);
  Descriptor output(ends[1]);
  const pid_t child = fork();
  if (child < 0) {
    refuse("fork");
  }
  if (child == 0) {
    work_and_exit(work, output.number());
  }
  output.close();
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(limit);
  ChildResult result;
  result.bytes = read_result(input.number(), deadline);
  const bool late = !result.bytes && Clock::now() >= deadline;
  if (late || result.bytes) {
    kill(child, SIGKILL);
  }
  const int status = wait_for(child);
  if (!result.bytes) {
    result.problem =
        late ? fmt::format("took longer than {:g} s", limit.count()) : end_text(status);
  }
  return result;
}

}  // namespace gradcheck::program
