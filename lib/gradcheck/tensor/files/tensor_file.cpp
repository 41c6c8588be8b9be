#include <fstream>
#include <iterator>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>

namespace gradcheck {

namespace {

/// Files beyond this are not read: a dozen tensors of the largest size.
constexpr std::uintmax_t largest_file = std::uintmax_t{4} << 30U;

constexpr const char* known_endings = "a file named .npy, .npz or .safetensors";

std::string bytes_in(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error || !std::filesystem::is_regular_file(file, error)) {
    throw_value(file.string(), "it", "no file that can be read", known_endings);
  }
  if (size > largest_file) {
    throw_value(file.string(), "it", std::to_string(size) + " bytes", "4 GiB at most");
  }
  std::ifstream in(file, std::ios::binary);
  std::string bytes(size, '\0');
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) {
    throw_value(file.string(), "it", "no file that can be read", known_endings);
  }
  return bytes;
}

}  // namespace

Tensor read_tensor(const std::filesystem::path& file, const std::string& name) {
  const std::string ending = file.extension().string(), where = file.string();
  if (ending == ".npz") {
    return tensor_in_npz(bytes_in(file), where, name);
  }
  if (ending == ".safetensors") {
    return tensor_in_safetensors(bytes_in(file), where, name);
  }
  if (ending != ".npy") {
    throw_value(where, "its name", "ending '" + ending + "'", known_endings);
  }
  if (!name.empty()) {
    throw_value(where, "it", "one tensor without a name", "no name beside the file");
  }
  return tensor_in_npy(bytes_in(file), where);
}

bool is_tensor_file(const std::filesystem::path& file) {
  return file.extension() == ".npz" || file.extension() == ".safetensors";
}

void write_tensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors) {
  if (!is_tensor_file(file)) {
    throw_value(file.string(), "its name", "ending '" + file.extension().string() + "'",
                ".npz or .safetensors");
  }
  const std::string bytes =
      file.extension() == ".npz" ? npz_bytes(tensors) : safetensors_bytes(tensors);
  std::ofstream out(file, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    throw_value(file.string(), "it", "a place that cannot be written", "a file that can");
  }
}

}  // namespace gradcheck
