#include <optional>

#include <zlib.h>

#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/tensor/files/numbers.hpp>
#include <gradcheck/tensor/files/tensor_file.hpp>

namespace gradcheck {

namespace {

/// Format: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory) and
/// 4.3.16 (its end). Sizes and places are those of the central directory.
constexpr std::string_view local_mark = "PK\x03\x04", central_mark = "PK\x01\x02",
                           end_mark = "PK\x05\x06";
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22;
constexpr std::size_t longest_comment = 0xFFFF;
constexpr std::uint64_t is_zip64 = 0xFFFFFFFF;
/// Data of the largest tensor and the longest header.
constexpr std::uint64_t largest_member = max_entries * sizeof(double) + (std::uint64_t{64} << 10U);

/// One file of the archive.
struct Member {
  std::string name;
  std::uint64_t flags, method, checksum, packed, unpacked, place;
};

/// The members of an archive, and the bytes of each.
class Archive {
 public:
  Archive(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {
    const std::size_t end = end_of_directory();
    const std::uint64_t count = field(end, 10, 2), size = field(end, 12, 4);
    directory_ = field(end, 16, 4);
    if (directory_ == is_zip64 || count == 0xFFFF || directory_ + size > end) {
      fail("the central directory", "a place beyond the file", "one within (no zip64)");
    }
    std::size_t at = directory_;
    for (std::uint64_t k = 0; k < count; ++k) {
      at = read_member(at, directory_ + size);
    }
  }

  const std::vector<Member>& members() const { return members_; }

  std::string contents(const Member& member) const {
    const std::string what = "member '" + shortened(member.name) + "'";
    if ((member.flags & 1U) != 0) {
      fail(what, "an encryption", "none");
    }
    if (member.packed == is_zip64 || member.unpacked > largest_member) {
      fail(what, "a size of " + std::to_string(member.unpacked) + " bytes",
           std::to_string(largest_member) + " at most");
    }
    require(member.place, local_size, what);
    if (bytes_.substr(member.place, 4) != local_mark) {
      fail(what, "no local header", "one at its place");
    }
    const std::uint64_t begin =
        member.place + local_size + field(member.place, 26, 2) + field(member.place, 28, 2);
    require(begin, member.packed, what);
    const std::string unpacked = inflated(bytes_.substr(begin, member.packed), member, what);
    if (crc32(0, reinterpret_cast<const Bytef*>(unpacked.data()),
              static_cast<uInt>(unpacked.size())) != member.checksum) {
      fail(what, "another checksum than its data", "the same");
    }
    return unpacked;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& got,
                         const std::string& wanted) const {
    throw_value(where_, what, got, wanted);
  }
  std::uint64_t field(std::size_t start, std::size_t offset, std::size_t bytes) const {
    return integer_in(bytes_.substr(start + offset, bytes));
  }
  /// Throws unless that many bytes from there on come before the central directory.
  void require(std::uint64_t begin, std::uint64_t count, const std::string& what) const {
    if (begin > directory_ || count > directory_ - begin) {
      fail(what, "a place beyond the file", "one in front of the central directory");
    }
  }

  std::size_t end_of_directory() const {
    if (bytes_.size() >= end_size) {
      const std::size_t last = bytes_.size() - end_size;
      for (std::size_t back = 0; back <= std::min(last, longest_comment); ++back) {
        const std::size_t at = last - back;
        if (bytes_.substr(at, 4) == end_mark && field(at, 20, 2) == back) {
          return at;
        }
      }
    }
    fail("its end", "no directory of an archive", "that of an npz file");
  }

  /// Reads the entry of the directory there; the place of the next one.
  std::size_t read_member(std::size_t at, std::size_t end) {
    if (end - at < central_size || bytes_.substr(at, 4) != central_mark) {
      fail("the central directory", "a damaged entry", "one for each member");
    }
    const std::size_t name = field(at, 28, 2);
    const std::size_t next = at + central_size + name + field(at, 30, 2) + field(at, 32, 2);
    if (next > end) {
      fail("the central directory", "an entry beyond its end", "entries within");
    }
    members_.push_back({std::string(bytes_.substr(at + central_size, name)), field(at, 8, 2),
                        field(at, 10, 2), field(at, 16, 4), field(at, 20, 4), field(at, 24, 4),
                        field(at, 42, 4)});
    return next;
  }

  std::string inflated(std::string_view packed, const Member& member,
                       const std::string& what) const {
    if (member.method == 0) {
      if (packed.size() != member.unpacked) {
        fail(what, "two sizes though it is stored", "one");
      }
      return std::string(packed);
    }
    if (member.method != 8) {
      fail(what, "compression method " + std::to_string(member.method),
           "0 (stored) or 8 (deflate)");
    }
    std::string out(member.unpacked, '\0');
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    constexpr int raw = -15;  // no zlib header
    const bool begun = inflateInit2(&stream, raw) == Z_OK;
    const int status = begun ? inflate(&stream, Z_FINISH) : Z_MEM_ERROR;
    const bool whole = status == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
    inflateEnd(&stream);
    if (!whole) {
      fail(what, "compressed data that is damaged, or of another size",
           std::to_string(member.unpacked) + " bytes once unpacked");
    }
    return out;
  }

  std::string_view bytes_;
  const std::string& where_;
  std::size_t directory_ = 0;
  std::vector<Member> members_;
};

/// "W" for "W.npy".
std::string tensor_name(const std::string& member) {
  constexpr std::string_view ending = ".npy";
  return member.ends_with(ending) ? member.substr(0, member.size() - ending.size()) : member;
}

std::string local_header(const NamedTensor& tensor, const std::string& data, std::uint64_t crc) {
  const std::string name = tensor.name + ".npy";
  constexpr std::uint64_t version = 20, date = 33;  // 1 January 1980
  return little_endian(version, 2) + little_endian(0, 2) + little_endian(0, 2) +
         little_endian(0, 2) + little_endian(date, 2) + little_endian(crc, 4) +
         little_endian(data.size(), 4) + little_endian(data.size(), 4) +
         little_endian(name.size(), 2) + little_endian(0, 2);
}

}  // namespace

Tensor tensor_in_npz(std::string_view bytes, const std::string& where, const std::string& name) {
  const Archive archive(bytes, where);
  std::string names;
  const Member* found = nullptr;
  for (const Member& member : archive.members()) {
    const std::string known = tensor_name(member.name);
    names += (names.empty() ? "" : ", ") + shortened(known);
    const bool meant = name.empty() ? archive.members().size() == 1 : known == name;
    if (meant && found != nullptr) {
      throw_value(where, "'" + shortened(name) + "'", "two members", "one");
    }
    found = meant ? &member : found;
  }
  if (found == nullptr) {
    throw_value(
        where, name.empty() ? "it" : "'" + shortened(name) + "'",
        name.empty() ? "several tensors" : "no tensor",
        names.empty() ? "an archive with tensors" : "name = one of " + shortened(names, 200));
  }
  const std::string inner = where + ": member '" + shortened(found->name) + "'";
  return tensor_in_npy(archive.contents(*found), inner);
}

std::string npz_bytes(const std::vector<NamedTensor>& tensors) {
  std::string bytes, directory;
  for (const NamedTensor& tensor : tensors) {
    const std::string data = npy_bytes(tensor.value);
    const std::uint64_t crc =
        crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size()));
    const std::string header = local_header(tensor, data, crc);
    directory += std::string(central_mark) + little_endian(20, 2) + header + std::string(10, '\0') +
                 little_endian(bytes.size(), 4) + tensor.name + ".npy";
    bytes += std::string(local_mark) + header + tensor.name + ".npy" + data;
  }
  const std::size_t start = bytes.size();
  if (start + directory.size() > is_zip64 || tensors.size() >= 0xFFFF) {
    throw_value("npz", "it", "more than 4 GiB or 65,534 tensors", "less; write .safetensors");
  }
  bytes += directory + std::string(end_mark) + little_endian(0, 4) +
           little_endian(tensors.size(), 2) + little_endian(tensors.size(), 2) +
           little_endian(directory.size(), 4) + little_endian(start, 4) + little_endian(0, 2);
  return bytes;
}

}  // namespace gradcheck
