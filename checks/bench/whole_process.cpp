#include "whole_process.hpp"

#include <chrono>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gradcheck::bench {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  execv(words[0], words.data());
  _exit(127);
}

ProcessCost run_once(const std::vector<std::string>& command) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    become(command);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
    throw std::runtime_error(
        fmt::format("{}: ends with status <{}>, expected 0", fmt::join(command, " "), status));
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {wall.count(), seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_minflt,
          static_cast<double>(usage.ru_maxrss) / 1024};
}

const char* name_of(Activation activation) {
  return activation == Activation::relu      ? "relu"
         : activation == Activation::sigmoid ? "sigmoid"
                                             : "tanh";
}

/// The same architecture as the naive one's.
std::string text_of(const Perceptron& network) {
  std::string statements, parameters;
  std::string h = "x";
  for (std::size_t k = 1; k < network.widths.size(); ++k) {
    const std::size_t in = network.widths[k - 1], out = network.widths[k];
    const bool active = k + 1 < network.widths.size() || network.activate_last;
    statements += fmt::format("z{0} = affine({1}, W{0}, b{0})\n", k, h);
    statements += active ? fmt::format("a{0} = {1}(z{0})\n", k, name_of(network.activation)) : "";
    h = fmt::format("{}{}", active ? "a" : "z", k);
    parameters += fmt::format("W{} = {{ normal = [{}, {}], std = {:.6f}, seed = {} }}\n", k, in,
                              out, 1 / std::sqrt(double(in)), 10 + k);
    parameters += fmt::format("b{} = {{ normal = [{}], std = 0.1, seed = {} }}\n", k, out, 50 + k);
  }
  return fmt::format(
      "network = '''\n{}L = softmax_cross_entropy({}, t)\n'''\n"
      "[inputs]\nx = {{ normal = [{}, {}], seed = 1 }}\n"
      "t = {{ integers = [{}], low = 0, high = {}, seed = 2 }}\n[parameters]\n{}",
      statements, h, network.batch, network.widths[0], network.batch, network.widths.back(),
      parameters);
}

}  // namespace

ProcessCost cost_of(const std::vector<std::string>& command, std::size_t runs) {
  ProcessCost best = run_once(command);
  for (std::size_t run = 1; run < runs; ++run) {
    const ProcessCost cost = run_once(command);
    best = cost.cpu < best.cpu ? cost : best;
  }
  return best;
}

CaseFolder::CaseFolder()
    : folder_(std::filesystem::temp_directory_path() /
              fmt::format("gradcheck_bench_cases.{}", getpid())) {
  std::filesystem::create_directories(folder_);
}

CaseFolder::~CaseFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path CaseFolder::write(const std::string& name, const Perceptron& network) const {
  const std::filesystem::path path = folder_ / (name + ".toml");
  std::ofstream(path) << text_of(network);
  return path;
}

}  // namespace gradcheck::bench
