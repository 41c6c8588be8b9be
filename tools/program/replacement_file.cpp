#include "replacement_file.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <random>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gradcheck::program {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse() { throw std::system_error(errno, std::generic_category()); }

/// Holds back the signals that end a process.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      sigaddset(&ending, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  sigset_t before_;
};

/// Beside the target, hidden, and not to be foreseen.
fs::path unforeseen_name(const fs::path& target) {
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
  return target.parent_path() / fmt::format(".gradcheck-{:016x}", number);
}

/// A file without a name, or with one where the file system wants that; gone unless it is put in
/// another's place.
class Replacement {
 public:
  explicit Replacement(const fs::path& target) : target_(target) {
    const fs::path folder = target.parent_path();
    number_ = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    for (int tries = 0; number_ < 0 && tries < 10; ++tries) {
      name_ = unforeseen_name(target);
      number_ = open(name_.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0666);
    }
    if (number_ < 0) {
      name_.clear();
      refuse();
    }
  }
  ~Replacement() {
    close(number_);
    if (!name_.empty()) {
      unlink(name_.c_str());
    }
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  /// The owner first: to change it may take bits off the mode.
  void look_like_target() const {
    struct stat old {};
    if (stat(target_.c_str(), &old) != 0) {
      return;
    }
    [[maybe_unused]] const int ignored = fchown(number_, old.st_uid, old.st_gid);
    if (fchmod(number_, old.st_mode & 07777) != 0) {
      refuse();
    }
  }

  void write_all(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = write(number_, text.data(), text.size());
      if (written < 0 && errno != EINTR) {
        refuse();
      }
      text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    if (fsync(number_) != 0 && errno != EINVAL && errno != ENOTSUP) {
      refuse();
    }
  }

  void take_place() {
    if (name_.empty()) {
      give_name();
    }
    if (rename(name_.c_str(), target_.c_str()) != 0) {
      refuse();
    }
    name_.clear();
  }

 private:
  void give_name() {
    const fs::path name = unforeseen_name(target_);
    const std::string itself = fmt::format("/proc/self/fd/{}", number_);
    if (linkat(AT_FDCWD, itself.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      refuse();
    }
    name_ = name;
  }

  const fs::path target_;
  fs::path name_;
  int number_ = -1;
};

}  // namespace

void replace_file(const fs::path& target, std::string_view text) {
  const HeldSignals held;
  Replacement replacement(target);
  replacement.look_like_target();
  replacement.write_all(text);
  replacement.take_place();
}

}  // namespace gradcheck::program
