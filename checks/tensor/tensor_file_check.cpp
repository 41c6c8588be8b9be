#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include <doctest/doctest.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/files/numbers.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>
#include <gradcheck/tensor/random.hpp>

using namespace gradcheck;

namespace {

std::string npy(const std::string& header, const std::string& data, char version = 1) {
  const std::string length = little_endian(header.size(), version == 1 ? 2 : 4);
  return std::string("\x93NUMPY") + version + '\0' + length + header + data;
}

std::string header(const std::string& descr, const std::string& shape,
                   const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

std::string safetensors(const std::string& json, const std::string& data) {
  return little_endian(json.size(), 8) + json + data;
}

template <class Work>
std::string refusal(const Work& work) {
  try {
    work();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "";
}

std::string npy_refusal(const std::string& bytes) {
  return refusal([&] { tensor_in_npy(bytes, "f.npy"); });
}
std::string npz_refusal(const std::string& bytes, const std::string& name = "W") {
  return refusal([&] { tensor_in_npz(bytes, "f.npz", name); });
}
std::string safetensors_refusal(const std::string& bytes, const std::string& name = "W") {
  return refusal([&] { tensor_in_safetensors(bytes, "f.safetensors", name); });
}

Tensor numbers(const Shape& shape, const std::vector<double>& entries) {
  return tensor_of(shape, entries);
}

bool same(const Tensor& a, const Tensor& b) {
  return shape_of(a) == shape_of(b) && std::equal(a.begin(), a.end(), b.begin());
}

const std::string two = "{\"W\": {\"dtype\": \"F64\", \"shape\": [2], \"data_offsets\": [0, 16]}}";

}  // namespace

TEST_CASE("npy: numbers of every type, both byte orders, all versions, both orders of axes") {
  const std::string one_two = "\x01\x02";
  CHECK(same(tensor_in_npy(npy(header("|i1", "(2,)"), one_two), "f"), numbers({2}, {1, 2})));
  CHECK(same(tensor_in_npy(npy(header("|u1", "(2,)"), "\xFF\x02"), "f"), numbers({2}, {255, 2})));
  CHECK(same(tensor_in_npy(npy(header("|i1", "(2,)"), "\xFF\x02"), "f"), numbers({2}, {-1, 2})));
  CHECK(same(tensor_in_npy(npy(header("<i2", "()"), one_two), "f"), numbers({}, {513})));
  CHECK(same(tensor_in_npy(npy(header(">i2", "()"), one_two), "f"), numbers({}, {258})));
  CHECK(same(tensor_in_npy(npy(header("|b1", "(2,)"), std::string("\x01\x00", 2)), "f"),
             numbers({2}, {1, 0})));
  CHECK(same(tensor_in_npy(npy(header("<f2", "(2,)"), std::string("\x00\x3C\x01\x00", 4)), "f"),
             numbers({2}, {1, std::ldexp(1.0, -24)})));
  CHECK(same(tensor_in_npy(npy(header("<f4", "()"), std::string("\x00\x00\xC0\xBF", 4), 2), "f"),
             numbers({}, {-1.5})));
  CHECK(
      same(tensor_in_npy(npy(header("|i1", "(2, 3)", "True"), "\x01\x02\x03\x04\x05\x06", 3), "f"),
           numbers({2, 3}, {1, 3, 5, 2, 4, 6})));
  CHECK(same(
      tensor_in_npy(npy("{\"shape\":(0,3),\"fortran_order\":False,\"descr\":\"<f8\"}", ""), "f"),
      zeros<double>({0, 3})));
}

TEST_CASE("tensor files: what is written is read back") {
  const Tensor a = random_normal({3, 4, 2}, 0, 1, 1), b = full<double>({}, -2.5);
  const Tensor none = zeros<double>({2, 0});
  CHECK(same(tensor_in_npy(npy_bytes(a), "f"), a));
  const std::vector<NamedTensor> all{{"a", a}, {"b", b}, {"none", none}};
  const std::string npz = npz_bytes(all), safe = safetensors_bytes(all);
  for (const NamedTensor& each : all) {
    CHECK(same(tensor_in_npz(npz, "f", each.name), each.value));
    CHECK(same(tensor_in_safetensors(safe, "f", each.name), each.value));
  }
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  for (const char* name : {"gradcheck_tensor_file.npz", "gradcheck_tensor_file.safetensors"}) {
    write_tensors(folder / name, all);
    CHECK(same(read_tensor(folder / name, "a"), a));
    std::filesystem::remove(folder / name);
  }
}

TEST_CASE("safetensors: numbers of every type") {
  const auto read = [](const std::string& type, const std::string& bytes) {
    const std::string json = "{\"__metadata__\": {\"format\": \"pt\"}, \"W\": {\"dtype\": \"" +
                             type + "\", \"shape\": [], \"data_offsets\": [0, " +
                             std::to_string(bytes.size()) + "]}}";
    return tensor_in_safetensors(safetensors(json, bytes), "f", "").data()[0];
  };
  CHECK(read("BF16", std::string("\xC0\xBF", 2)) == -1.5);
  CHECK(read("F16", std::string("\x00\xBC", 2)) == -1);
  CHECK(read("F32", std::string("\x00\x00\xC0\xBF", 4)) == -1.5);
  CHECK(read("I64", std::string(8, '\xFF')) == -1);
  CHECK(read("U32", std::string(4, '\xFF')) == 4294967295.0);
  CHECK(read("BOOL", "\x01") == 1);
}

TEST_CASE("npy: whatever is malformed is refused, and named") {
  const std::string good = header("<f8", "(2,)"), data(16, '\0');
  CHECK(npy_refusal("") == "f.npy: its beginning has other bytes, expected those of an npy file");
  CHECK(npy_refusal(npy(good, data, 4)) == "f.npy: the npy version has 4, expected 1, 2 or 3");
  CHECK(npy_refusal(npy(good, data).substr(0, 40)) ==
        "f.npy: the npy header has a length beyond the file or 64 KiB, expected one that is within "
        "both");
  CHECK(npy_refusal(npy(good, std::string(15, '\0'))) ==
        "f.npy: data has 15 bytes, expected 16, for shape (2,)");
  CHECK(npy_refusal(npy(good, std::string(17, '\0'))) ==
        "f.npy: data has 17 bytes, expected 16, for shape (2,)");
  CHECK(npy_refusal(npy(header("|O", "(2,)"), data)) ==
        "f.npy: the npy header has descr '|O', expected floats of 2, 4 or 8 bytes, integers or "
        "booleans");
  CHECK(
      npy_refusal(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,)}", data)) ==
      "f.npy: the npy header has descr '[...]', expected floats of 2, 4 or 8 bytes, integers or "
      "booleans");
  CHECK(npy_refusal(npy(header("<f8", "(2, -1)"), data)) ==
        "f.npy: the npy header has '-1), }...', expected a whole number");
  CHECK(npy_refusal(npy(header("<f8", "(99999999999999999999,)"), data)) ==
        "f.npy: the npy header has an extent beyond " + std::to_string(max_entries) +
            ", expected that many entries at most");
  CHECK(npy_refusal(npy(header("<f8", "(33554432, 33554432, 33554432)"), data)) ==
        "f.npy: shape has (33554432, 33554432, 33554432), expected at most " +
            std::to_string(max_entries) + " entries");
  CHECK(npy_refusal(npy("{'descr': '<f8', 'shape': (2,)}", data)) ==
        "f.npy: the npy header has 2 keys, expected descr, fortran_order and shape");
  CHECK(npy_refusal(npy("{'descr': '<f8', 'descr': '<f8'}", data)) ==
        "f.npy: the npy header has key 'descr' twice, expected each key once");
  CHECK(npy_refusal(npy("{'descr': __import__('os')}", data)) ==
        "f.npy: the npy header has '__import__...', expected a word in quotes");
  CHECK(npy_refusal(npy(good + "x", data)) ==
        "f.npy: the npy header has text after its dictionary, expected nothing");
  CHECK(npy_refusal(npy(header("<i8", "()"), std::string("\x01\x00\x00\x00\x00\x00\x20\x00", 8))) ==
        "f.npy: entry 0 has a value that no double holds, expected integers up to 2^53 in size, "
        "booleans of 0 and 1");
  CHECK(npy_refusal(npy(header("|b1", "()"), "\x02")).find("no double holds") != std::string::npos);
}

TEST_CASE("npz: whatever is malformed is refused, and named") {
  const std::string good = npz_bytes({{"W", numbers({2}, {1, 2})}, {"b", numbers({}, {3})}});
  CHECK(npz_refusal("PK") ==
        "f.npz: its end has no directory of an archive, expected that of an npz file");
  CHECK(npz_refusal(good, "V") == "f.npz: 'V' has no tensor, expected name = one of W, b");
  CHECK(npz_refusal(good, "") == "f.npz: it has several tensors, expected name = one of W, b");
  std::string damaged = good;
  damaged[good.find("PK\x01\x02")] = 'X';
  CHECK(npz_refusal(damaged) ==
        "f.npz: the central directory has a damaged entry, expected one for each member");
  damaged = good;
  damaged[100] ^= 1;
  CHECK(npz_refusal(damaged) ==
        "f.npz: member 'W.npy' has another checksum than its data, expected the same");
  damaged = good;
  damaged[good.find("PK\x01\x02") + 10] = 12;
  CHECK(npz_refusal(damaged) ==
        "f.npz: member 'W.npy' has compression method 12, expected 0 (stored) or 8 (deflate)");
  damaged = good;
  damaged[good.find("PK\x01\x02") + 8] = 1;
  CHECK(npz_refusal(damaged) == "f.npz: member 'W.npy' has an encryption, expected none");
  damaged = good;
  damaged.replace(good.find("PK\x01\x02") + 24, 4, "\xF0\xFF\xFF\xFF");
  CHECK(npz_refusal(damaged).find("a size of 4294967280 bytes") != std::string::npos);
  CHECK(npz_refusal(npz_bytes({{"W", numbers({}, {1})}, {"W", numbers({}, {2})}})) ==
        "f.npz: 'W' has two members, expected one");
}

TEST_CASE("safetensors: whatever is malformed is refused, and named") {
  const std::string data(16, '\0');
  const auto entry = [](const std::string& rest) { return "{\"W\": {" + rest + "}}"; };
  CHECK(safetensors_refusal("") ==
        "f.safetensors: the header has a length beyond the file or 1 MiB, expected one that is "
        "within both");
  CHECK(safetensors_refusal(little_endian(1U << 30U, 8) + data).find("1 MiB") != std::string::npos);
  CHECK(safetensors_refusal(safetensors("[]", data)) ==
        "f.safetensors: the header has other JSON, expected an object with an entry for each "
        "tensor");
  CHECK(safetensors_refusal(safetensors("{", data)) ==
        "f.safetensors: the header has text that is not JSON, expected a JSON object");
  CHECK(safetensors_refusal(safetensors(std::string(1000, '[') + std::string(1000, ']'), data)) ==
        "f.safetensors: the header has brackets nested too deeply, expected an object of objects");
  CHECK(safetensors_refusal(safetensors(two + " ", data + "\1")) ==
        "f.safetensors: its data has 17 bytes, expected 16, as the header says");
  CHECK(safetensors_refusal(safetensors(two, data), "V") ==
        "f.safetensors: 'V' has no tensor, expected name = one of W");
  CHECK(safetensors_refusal(safetensors(
            entry("\"dtype\": \"F8\", \"shape\": [2], \"data_offsets\": [0, 16]"), data)) ==
        "f.safetensors: 'W' has dtype F8, expected F64, F32, F16, BF16, an integer type or BOOL");
  CHECK(safetensors_refusal(safetensors(entry("\"dtype\": \"F64\", \"shape\": [2]"), data)) ==
        "f.safetensors: 'W' has an entry of another form, expected dtype, shape and data_offsets");
  CHECK(safetensors_refusal(safetensors(
            entry("\"dtype\": \"F64\", \"shape\": [-2], \"data_offsets\": [0, 16]"), data)) ==
        "f.safetensors: a shape has an extent that is none, expected whole numbers up to " +
            std::to_string(max_entries));
  CHECK(safetensors_refusal(safetensors(
            entry("\"dtype\": \"F64\", \"shape\": [2], \"data_offsets\": [16, 0]"), data)) ==
        "f.safetensors: 'W' has data_offsets of another form, expected where its data begin and "
        "end");
  CHECK(safetensors_refusal(safetensors(
            entry("\"dtype\": \"F64\", \"shape\": [1], \"data_offsets\": [8, 16]"), data)) ==
        "f.safetensors: its data has a gap between tensors, expected one tensor after the other");
  CHECK(safetensors_refusal(safetensors(
            "{\"W\": {\"dtype\": \"F64\", \"shape\": [2], \"data_offsets\": [0, 16]}, \"V\": "
            "{\"dtype\": \"F64\", \"shape\": [1], \"data_offsets\": [8, 16]}}",
            data)) ==
        "f.safetensors: its data has tensors that overlap, expected one tensor after the other");
  CHECK(safetensors_refusal(safetensors(
            "{\"W\": {\"dtype\": \"F64\", \"shape\": [2], \"data_offsets\": [0, 16]}, \"W\": 1}",
            data)) == "f.safetensors: the header has 'W' twice, expected each name once");
}

TEST_CASE("tensor files: a byte that is flipped, cut off or inserted never crashes the readers") {
  const std::vector<NamedTensor> all{{"W", random_normal({2, 3}, 0, 1, 1)},
                                     {"b", random_normal({4}, 0, 1, 2)}};
  std::mt19937_64 next(7);
  const auto try_all = [](const std::string& bytes) {
    npy_refusal(bytes);
    npz_refusal(bytes);
    safetensors_refusal(bytes);
  };
  for (const std::string& good :
       {npy_bytes(all[0].value), npz_bytes(all), safetensors_bytes(all)}) {
    for (int k = 0; k < 2000; ++k) {
      std::string bytes = good;
      const std::size_t at = next() % bytes.size();
      switch (next() % 3) {
        case 0:
          bytes[at] = static_cast<char>(next());
          break;
        case 1:
          bytes.resize(at);
          break;
        default:
          bytes.insert(at, 1, static_cast<char>(next()));
      }
      try_all(bytes);
    }
  }
  CHECK(same(tensor_in_npz(npz_bytes(all), "f", "W"), all[0].value));
}

TEST_CASE("tensor files: a file that is none, and a name where there is none, are refused") {
  CHECK(refusal([] { read_tensor("/no/such.npz", ""); }) ==
        "/no/such.npz: it has no file that can be read, expected a file named .npy, .npz or "
        ".safetensors");
  CHECK(
      refusal([] { read_tensor("weights.txt", ""); }) ==
      "weights.txt: its name has ending '.txt', expected a file named .npy, .npz or .safetensors");
  CHECK(refusal([] { read_tensor("weights.npy", "W"); }) ==
        "weights.npy: it has one tensor without a name, expected no name beside the file");
  CHECK(refusal([] { write_tensors("weights.npy", {}); }) ==
        "weights.npy: its name has ending '.npy', expected .npz or .safetensors");
}
