// Tensor files: the first byte says which kind the others are. A tensor, which is written as bytes
// that read as the same, or a refusal.
#include <cstring>

#include <gradcheck/tensor/files/tensor_file.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

namespace {

Tensor read(unsigned kind, std::string_view bytes) {
  switch (kind % 3) {
    case 0:
      return tensor_in_npy(bytes, "bytes");
    case 1:
      return tensor_in_npz(bytes, "bytes", "");
    default:
      return tensor_in_safetensors(bytes, "bytes", "");
  }
}

std::string written(unsigned kind, const Tensor& tensor) {
  switch (kind % 3) {
    case 0:
      return npy_bytes(tensor);
    case 1:
      return npz_bytes({{"W", tensor}});
    default:
      return safetensors_bytes({{"W", tensor}});
  }
}

bool same(const Tensor& a, const Tensor& b) {
  return shape_of(a) == shape_of(b) &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return -1;
  }
  fuzz::allow_refusal([&] {
    const Tensor tensor = read(data[0], fuzz::text_of(data + 1, size - 1));
    fuzz::require(same(read(data[0], written(data[0], tensor)), tensor), "a tensor comes back");
  });
  return 0;
}
