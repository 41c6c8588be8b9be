#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// A tensor with the name that it has in its file.
struct NamedTensor {
  std::string name;
  Tensor value;
};

/// Tensors in files: .npy (one, without a name), .npz and .safetensors. Floating-point numbers of
/// 16, 32 and 64 bits, bfloat16, integers and booleans become doubles; an integer that no double
/// holds is refused, as is all that is not numbers.
///
/// Files may come from anywhere: nothing in them is trusted, nothing is allocated before it is
/// known to fit, and whatever is malformed is refused with ValueError "weights.npz: member 'W.npy':
/// ... has ..., expected ...".

/// The tensor of that name; the only one for an empty name. Throws ValueError, also where there is
/// no such tensor (with the names that there are) or the file cannot be read.
Tensor read_tensor(const std::filesystem::path& file, const std::string& name);

/// Writes .npz or .safetensors, as the ending says. Throws ValueError for another ending, and where
/// it cannot be written.
void write_tensors(const std::filesystem::path& file, const std::vector<NamedTensor>& tensors);

/// Whether a file of that name can be written.
bool is_tensor_file(const std::filesystem::path& file);

/// The same of bytes in memory; `where` names them in messages.
Tensor tensor_in_npy(std::string_view bytes, const std::string& where);
Tensor tensor_in_npz(std::string_view bytes, const std::string& where, const std::string& name);
Tensor tensor_in_safetensors(std::string_view bytes, const std::string& where,
                             const std::string& name);
std::string npy_bytes(const Tensor& t);
std::string npz_bytes(const std::vector<NamedTensor>& tensors);
std::string safetensors_bytes(const std::vector<NamedTensor>& tensors);

}  // namespace gradcheck
