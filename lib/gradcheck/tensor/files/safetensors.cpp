#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/files/numbers.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>

namespace gradcheck {

namespace {

using Json = nlohmann::json;

/// Format: the length of the header (8 bytes), the header (JSON: for each tensor dtype, shape and
/// where its data begins and ends), the data.
constexpr std::size_t counted = 8;
constexpr std::size_t longest_header = std::size_t{1} << 20U;
/// An object of objects of lists.
constexpr int deepest = 3;
constexpr const char* metadata = "__metadata__";

struct Place {
  std::uint64_t begin = 0, end = 0;
};

const std::map<std::string, StoredType>& types() {
  using Kind = StoredType::Kind;
  static const std::map<std::string, StoredType> all{
      {"F64", {Kind::floating, 8}}, {"F32", {Kind::floating, 4}}, {"F16", {Kind::floating, 2}},
      {"BF16", {Kind::bfloat, 2}},  {"I64", {Kind::integer, 8}},  {"I32", {Kind::integer, 4}},
      {"I16", {Kind::integer, 2}},  {"I8", {Kind::integer, 1}},   {"U64", {Kind::natural, 8}},
      {"U32", {Kind::natural, 4}},  {"U16", {Kind::natural, 2}},  {"U8", {Kind::natural, 1}},
      {"BOOL", {Kind::boolean, 1}}};
  return all;
}

/// The header, checked: every entry has its three keys, and the data of all fill the file without a
/// gap.
class HeaderReader {
 public:
  HeaderReader(std::string_view bytes, const std::string& where) : where_(where) {
    const std::uint64_t length =
        bytes.size() < counted ? longest_header + 1 : integer_in(bytes.substr(0, counted));
    if (length > longest_header || length > bytes.size() - counted) {
      fail("the header", "a length beyond the file or 1 MiB", "one that is within both");
    }
    parse(bytes.substr(counted, length));
    data_ = bytes.substr(counted + length);
    require_filled();
  }

  const Json& entry(const std::string& name) const {
    std::string names;
    for (const auto& [known, place] : places_) {
      names += (names.empty() ? "" : ", ") + shortened(known);
    }
    if (name.empty() && places_.size() == 1) {
      return header_[places_.begin()->first];
    }
    if (name.empty() || !places_.contains(name)) {
      fail(name.empty() ? "it" : "'" + shortened(name) + "'",
           name.empty() ? "several tensors, or none" : "no tensor",
           "name = one of " + shortened(names, 200));
    }
    return header_[name];
  }

  Tensor tensor(const Json& entry) const {
    const Place place = place_of(entry, "data_offsets");
    return tensor_from(data_.substr(place.begin, place.end - place.begin),
                       types().find(entry["dtype"].get<std::string>())->second,
                       shape_of_entry(entry), false, where_);
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& got,
                         const std::string& wanted) const {
    throw_value(where_, what, got, wanted);
  }

  void parse(std::string_view text) {
    std::vector<std::set<std::string>> keys(1);
    const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
      if (depth > deepest) {
        fail("the header", "brackets nested too deeply", "an object of objects");
      }
      if (event == Json::parse_event_t::object_start) {
        keys.emplace_back();
      } else if (event == Json::parse_event_t::object_end) {
        keys.pop_back();
      } else if (event == Json::parse_event_t::key &&
                 !keys.back().insert(value.get<std::string>()).second) {
        fail("the header", "'" + shortened(value.get<std::string>()) + "' twice", "each name once");
      }
      return true;
    };
    try {
      header_ = Json::parse(text, watch);
    } catch (const Json::exception&) {
      fail("the header", "text that is not JSON", "a JSON object");
    }
    if (!header_.is_object()) {
      fail("the header", "other JSON", "an object with an entry for each tensor");
    }
    for (const auto& [name, entry] : header_.items()) {
      if (name != metadata) {
        places_[name] = checked(name, entry);
      }
    }
  }

  Place checked(const std::string& name, const Json& entry) const {
    const std::string what = "'" + shortened(name) + "'";
    const bool whole = entry.is_object() && entry.size() == 3 && entry.contains("dtype") &&
                       entry.contains("shape") && entry.contains("data_offsets") &&
                       entry["dtype"].is_string() && entry["shape"].is_array();
    if (!whole) {
      fail(what, "an entry of another form", "dtype, shape and data_offsets");
    }
    if (!types().contains(entry["dtype"].get<std::string>())) {
      fail(what, "dtype " + shortened(entry["dtype"].get<std::string>()),
           "F64, F32, F16, BF16, an integer type or BOOL");
    }
    require_shape(where_ + ": " + what, shape_of_entry(entry));
    return place_of(entry, what);
  }

  Shape shape_of_entry(const Json& entry) const {
    Shape shape;
    for (const Json& extent : entry["shape"]) {
      if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() > max_entries) {
        fail("a shape", "an extent that is none",
             "whole numbers up to " + std::to_string(max_entries));
      }
      shape.push_back(extent.get<std::size_t>());
    }
    return shape;
  }

  Place place_of(const Json& entry, const std::string& what) const {
    const Json& offsets = entry["data_offsets"];
    const bool pair = offsets.is_array() && offsets.size() == 2 &&
                      offsets[0].is_number_unsigned() && offsets[1].is_number_unsigned();
    const Place place =
        pair ? Place{offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()}
             : Place{1, 0};
    if (place.begin > place.end) {
      fail(what, "data_offsets of another form", "where its data begin and end");
    }
    return place;
  }

  void require_filled() const {
    std::vector<Place> sorted;
    for (const auto& [name, place] : places_) {
      sorted.push_back(place);
    }
    std::ranges::sort(sorted, [](const Place& a, const Place& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    std::uint64_t end = 0;
    for (const Place& place : sorted) {
      if (place.begin != end) {
        fail("its data", place.begin < end ? "tensors that overlap" : "a gap between tensors",
             "one tensor after the other");
      }
      end = place.end;
    }
    if (end != data_.size()) {
      fail("its data", std::to_string(data_.size()) + " bytes",
           std::to_string(end) + ", as the header says");
    }
  }

  const std::string& where_;
  Json header_;
  std::string_view data_;
  std::map<std::string, Place> places_;
};

}  // namespace

Tensor tensor_in_safetensors(std::string_view bytes, const std::string& where,
                             const std::string& name) {
  const HeaderReader header(bytes, where);
  return header.tensor(header.entry(name));
}

std::string safetensors_bytes(const std::vector<NamedTensor>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const NamedTensor& tensor : tensors) {
    const std::size_t begin = data.size(), size = tensor.value.size() * sizeof(double);
    data.resize(begin + size);
    if (size > 0) {
      std::memcpy(data.data() + begin, tensor.value.data(), size);
    }
    header[tensor.name] = {{"dtype", "F64"},
                           {"shape", shape_of(tensor.value)},
                           {"data_offsets", {begin, begin + size}}};
  }
  std::string text = header.dump();
  text += std::string((counted - text.size() % counted) % counted, ' ');
  return little_endian(text.size(), counted) + text + data;
}

}  // namespace gradcheck
