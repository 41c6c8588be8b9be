#include "processes.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <vector>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gradcheck::program {
namespace {

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::vector<pid_t> children() {
  std::ifstream file("/proc/thread-self/children");
  std::vector<pid_t> found;
  for (pid_t child = 0; file >> child;) {
    found.push_back(child);
  }
  return found;
}

}  // namespace

void adopt_orphans() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

pid_t forked() {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    throw std::system_error(errno, std::generic_category(), "a process cannot be started");
  }
  return child;
}

bool has_ended(pid_t child) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

int end_with_all_it_started(pid_t child) {
  kill(-child, SIGKILL);  // its group, if it has got that far
  kill(child, SIGKILL);
  const int status = wait_for(child);
  // Each that ends may leave others behind.
  for (std::vector<pid_t> left = children(); !left.empty(); left = children()) {
    for (const pid_t one : left) {
      kill(one, SIGKILL);
      wait_for(one);
    }
  }
  return status;
}

}  // namespace gradcheck::program
