#include "tiny_files.hpp"

#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <gradcheck/tensor/random.hpp>

namespace gradcheck::bench {

namespace {

/// Random numbers as TOML writes them: a matrix, or a vector where there are no rows.
std::string numbers(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  const Tensor values = random_normal({std::max<std::size_t>(rows, 1), columns}, 0, 1, seed);
  std::vector<std::string> lines;
  for (std::size_t n = 0; n < values.size(); n += columns) {
    lines.push_back(fmt::format("[{:.4f}]", fmt::join(entries(values).subspan(n, columns), ", ")));
  }
  return rows == 0 ? lines[0] : fmt::format("[{}]", fmt::join(lines, ", "));
}

std::string text_of_case(std::uint64_t number) {
  const std::uint64_t seed = 10 * number;
  return fmt::format(
      "network = '''\n"
      "a = sigmoid(x @ W1 + b1)\n"
      "L = softmax_cross_entropy(a @ W2 + b2, t)\n"
      "'''\n"
      "[inputs]\nx = {}\nt = [{}]\n"
      "[parameters]\nW1 = {}\nb1 = {}\nW2 = {}\nb2 = {}\n",
      numbers(1, 2, seed), number % 2, numbers(2, 3, seed + 1), numbers(0, 3, seed + 2),
      numbers(3, 2, seed + 3), numbers(0, 2, seed + 4));
}

}  // namespace

TinyFiles::TinyFiles(std::size_t count)
    : folder_(std::filesystem::temp_directory_path() /
              fmt::format("gradcheck_bench.{}", getpid())) {
  std::filesystem::create_directories(folder_);
  for (std::size_t number = 0; number < count; ++number) {
    files_.push_back(folder_ / fmt::format("tiny_{:04}.toml", number));
    std::ofstream(files_.back()) << text_of_case(number);
  }
}

TinyFiles::~TinyFiles() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace gradcheck::bench
