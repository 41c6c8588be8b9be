#include "pipe.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace gradcheck::program {
namespace {

void close_once(int& end) {
  if (end >= 0) {
    close(end);
  }
  end = -1;
}

}  // namespace

Pipe::Pipe() {
  if (pipe2(ends_.data(), O_CLOEXEC) != 0 || fcntl(input(), F_SETFL, O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "a pipe cannot be had");
  }
}

Pipe::~Pipe() {
  close_once(ends_[0]);
  close_output();
}

void Pipe::close_output() { close_once(ends_[1]); }

std::string_view Pipe::read(std::size_t most) {
  const ssize_t got = ::read(input(), block_.data(), std::min(most, block_.size()));
  return {block_.data(), got < 0 ? 0 : static_cast<std::size_t>(got)};
}

}  // namespace gradcheck::program
