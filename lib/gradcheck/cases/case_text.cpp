#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gradcheck/cases/case_file.hpp>
#include <gradcheck/cases/markdown.hpp>
#include <gradcheck/cases/source_text.hpp>

namespace gradcheck {
namespace {

[[noreturn]] void cannot_read(const std::string& why) {
  throw LocatedError({}, "cannot be read: " + why);
}

// /dev/stdin, and what a shell makes of <(command).
bool is_device(const std::filesystem::path& path) {
  const std::string text = path.string();
  return text == "/dev/stdin" || text.starts_with("/dev/fd/") || text.starts_with("/proc/self/fd/");
}

// Closed when it is left, unless it is standard input.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : is_input_(path == "-"), may_be_pipe_(is_input_ || is_device(path)) {
    // What waits for a writer, a pipe in a folder, would not open without O_NONBLOCK.
    const int flags = O_RDONLY | O_CLOEXEC | (may_be_pipe_ ? 0 : O_NONBLOCK);
    number_ = is_input_ ? STDIN_FILENO : open(path.c_str(), flags);
    if (number_ < 0) {
      cannot_read(std::strerror(errno));
    }
  }
  ~OpenFile() {
    if (!is_input_) {
      close(number_);
    }
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // All of it. A folder is refused, and a pipe in the file system, which might never end.
  std::string text() const {
    struct stat status = {};
    if (fstat(number_, &status) != 0) {
      cannot_read(std::strerror(errno));
    }
    if (S_ISDIR(status.st_mode)) {
      cannot_read("Is a directory");
    }
    if (!S_ISREG(status.st_mode) && !may_be_pipe_) {
      cannot_read("Not a regular file");
    }
    if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > max_case_file) {
      throw LocatedError({}, too_large(static_cast<std::size_t>(status.st_size)));
    }
    return all();
  }

 private:
  std::string all() const {
    constexpr std::size_t block = 65536;
    std::string text;
    for (ssize_t got = 1; got != 0;) {
      const std::size_t filled = text.size();
      text.resize(filled + block);
      got = read(number_, text.data() + filled, block);
      if (got < 0) {
        cannot_read(std::strerror(errno));
      }
      text.resize(filled + static_cast<std::size_t>(got));
      if (text.size() > max_case_file) {
        throw LocatedError({}, too_large(text.size()));
      }
    }
    return text;
  }

  int number_ = -1;
  bool is_input_;
  bool may_be_pipe_;
};

}  // namespace

std::string read_case_text(const std::filesystem::path& path) {
  const auto [file, line] = fenced_place(path);
  std::string text = OpenFile(file).text();
  return line == 0 ? text : fenced_text(text, line);
}

}  // namespace gradcheck
