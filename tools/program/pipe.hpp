#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace gradcheck::program {

/// A pipe between a process and its child. Reading never waits: there may be nothing yet.
class Pipe {
 public:
  /// Throws std::system_error if there cannot be one.
  Pipe();
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int input() const { return ends_[0]; }
  int output() const { return ends_[1]; }
  void close_output();

  /// What is there, `most` bytes of it; valid until the next call. Nothing at the end, too.
  std::string_view read(std::size_t most);

 private:
  std::array<int, 2> ends_{-1, -1};
  std::array<char, 65536> block_;
};

}  // namespace gradcheck::program
