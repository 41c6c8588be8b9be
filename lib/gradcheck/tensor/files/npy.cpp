#include <algorithm>
#include <cstring>
#include <set>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/files/numbers.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>

namespace gradcheck {

namespace {

/// Format: numpy.lib.format. The magic string, a version, the length of the header, the header (a
/// Python dictionary), the data.
constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{64} << 10U;

/// What the header says.
struct Header {
  StoredType type{};
  bool fortran_order = false;
  Shape shape{};
};

/// Reads the literals that a header consists of, and nothing else of Python.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Header read() {
    expect('{');
    std::set<std::string> keys;
    while (!accept('}')) {
      const std::string key = quoted();
      if (!keys.insert(key).second) {
        fail("key '" + key + "' twice", "each key once");
      }
      expect(':');
      read_value(key);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != text_.size()) {
      fail("text after its dictionary", "nothing");
    }
    if (keys.size() != 3) {
      fail(std::to_string(keys.size()) + " keys", "descr, fortran_order and shape");
    }
    return header_;
  }

 private:
  void read_value(const std::string& key) {
    if (key == "descr") {
      skip_blanks();
      header_.type = type_of(at_ < text_.size() && text_[at_] == '[' ? "[...]" : quoted());
    } else if (key == "fortran_order") {
      header_.fortran_order = boolean();
    } else if (key == "shape") {
      header_.shape = tuple();
    } else {
      fail("key '" + shortened(key) + "'", "descr, fortran_order and shape");
    }
  }

  StoredType type_of(const std::string& descr) {
    const std::string orders = "<>=|", kinds = "fiub";
    const std::size_t kind = descr.size() == 3 ? kinds.find(descr[1]) : std::string::npos;
    const bool known = kind != std::string::npos && orders.find(descr[0]) != std::string::npos;
    const std::size_t bytes = known ? static_cast<std::size_t>(descr[2] - '0') : 0;
    const bool fits =
        (kind == 0 && (bytes == 2 || bytes == 4 || bytes == 8)) ||
        ((kind == 1 || kind == 2) && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8)) ||
        (kind == 3 && bytes == 1);
    if (!known || !fits || (descr[0] == '|' && bytes > 1)) {
      fail("descr '" + shortened(descr) + "'", "floats of 2, 4 or 8 bytes, integers or booleans");
    }
    constexpr StoredType::Kind all[] = {StoredType::Kind::floating, StoredType::Kind::integer,
                                        StoredType::Kind::natural, StoredType::Kind::boolean};
    return {all[kind], bytes, descr[0] == '>'};
  }

  std::string quoted() {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end =
        quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail_here("a word in quotes");
    }
    const std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }

  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::strlen(word);
        return value;
      }
    }
    fail_here("True or False");
  }

  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      shape.push_back(whole_number());
      if (shape.size() > max_rank) {
        fail("more than " + std::to_string(max_rank) + " axes", "that many at most");
      }
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::size_t whole_number() {
    skip_blanks();
    const std::size_t first = at_;
    std::size_t number = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      number = number * 10 + static_cast<std::size_t>(text_[at_] - '0');
      if (number > max_entries) {
        fail("an extent beyond " + std::to_string(max_entries), "that many entries at most");
      }
    }
    if (at_ == first) {
      fail_here("a whole number");
    }
    at_ += at_ < text_.size() && text_[at_] == 'L' ? 1 : 0;  // Python 2
    return number;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool accept(char c) {
    skip_blanks();
    const bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there ? 1 : 0;
    return there;
  }
  void expect(char c) {
    if (!accept(c)) {
      fail_here(std::string("'") + c + "'");
    }
  }
  [[noreturn]] void fail_here(const std::string& wanted) const {
    const bool end = at_ >= text_.size();
    fail(end ? "an end too early" : "'" + shortened(text_.substr(at_), 10) + "'", wanted);
  }
  [[noreturn]] void fail(const std::string& got, const std::string& wanted) const {
    throw_value(where_, "the npy header", got, wanted);
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
  Header header_;
};

}  // namespace

Tensor tensor_in_npy(std::string_view bytes, const std::string& where) {
  const std::size_t fixed = magic.size() + 2;
  if (bytes.size() < fixed + 2 || !bytes.starts_with(magic)) {
    throw_value(where, "its beginning", "other bytes", "those of an npy file");
  }
  const auto version = static_cast<unsigned>(static_cast<unsigned char>(bytes[magic.size()]));
  if (version < 1 || version > 3) {
    throw_value(where, "the npy version", std::to_string(version), "1, 2 or 3");
  }
  const std::size_t counted = version == 1 ? 2 : 4;
  const std::size_t begin = fixed + counted;
  const std::uint64_t length =
      bytes.size() < begin ? longest_header + 1 : integer_in(bytes.substr(fixed, counted));
  if (length > longest_header || length > bytes.size() - begin) {
    throw_value(where, "the npy header", "a length beyond the file or 64 KiB",
                "one that is within both");
  }
  const Header header = HeaderReader(bytes.substr(begin, length), where).read();
  return tensor_from(bytes.substr(begin + length), header.type, header.shape, header.fortran_order,
                     where);
}

std::string npy_bytes(const Tensor& t) {
  std::string shape;
  for (const std::size_t extent : t.shape()) {
    shape += std::to_string(extent) + ", ";
  }
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr std::size_t aligned = 64;
  const std::size_t before = magic.size() + 4 + header.size() + 1;
  header += std::string((aligned - before % aligned) % aligned, ' ') + "\n";
  std::string bytes(magic);
  bytes += std::string("\x01\x00", 2) + little_endian(header.size(), 2) + header;
  const std::size_t start = bytes.size();
  bytes.resize(start + t.size() * sizeof(double));
  if (t.size() > 0) {
    std::memcpy(bytes.data() + start, t.data(), t.size() * sizeof(double));
  }
  return bytes;
}

}  // namespace gradcheck
