#include <cstring>
#include <type_traits>

#include <gradcheck/report/transfer.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {
namespace {

// The parts of a struct, all of them: one that is added there does not compile here without a
// decision. Every `parts` calls `each` on what is transferred, in order.

template <class Each>
void parts(EntryReport& entry, Each each) {
  auto& [index, analytic, numeric, bound] = entry;
  each(index), each(analytic), each(numeric), each(bound);
}

template <class Each>
void parts(Effort& effort, Each each) {
  auto& [way, probes, seconds, pilot_probes, structure] = effort;
  each(way), each(probes), each(seconds), each(pilot_probes), each(structure);
}

template <class Each>
void parts(TensorReport& tensor, Each each) {
  auto& [name, role, shape, line, column, entries, verdict, relative, absolute, bound, not_checked,
         kinks, unresolved, inconclusive, disagreeing, worst, reason, effort] = tensor;
  each(name), each(role), each(shape), each(line), each(column), each(entries), each(verdict),
      each(relative);
  each(absolute), each(bound), each(not_checked), each(kinks), each(unresolved), each(inconclusive);
  each(disagreeing), each(worst), each(reason), each(effort);
}

template <class Each>
void parts(Diagnosis& diagnosis, Each each) {
  auto& [layer, tensor, pattern, detail] = diagnosis;
  each(layer), each(tensor), each(pattern), each(detail);
}

template <class Each>
void parts(CaseError& error, Each each) {
  auto& [message, line, column] = error;
  each(message), each(line), each(column);
}

template <class Each>
void parts(CaseReport& one, Each each) {
  auto& [id, file, title, source, verdict, only_zeros, out_of_time, error, more_errors, seconds,
         probes, tensors, claims, derivation, helpers, diagnosis, findings, notes, coverage,
         degenerate] = one;
  each(id), each(file), each(title), each(source), each(verdict), each(only_zeros);
  each(out_of_time), each(error), each(more_errors);
  each(seconds), each(probes), each(tensors), each(diagnosis), each(findings), each(notes),
      each(coverage);
  each(degenerate);
}

template <class Each>
void parts(Report& report, Each each) {
  auto& [seed, rtol, cases, seconds] = report;
  each(seed), each(rtol), each(cases), each(seconds);
}

class Writer {
 public:
  template <class Part>
  void operator()(Part& part) {
    if constexpr (std::is_trivially_copyable_v<Part> && !std::is_class_v<Part>) {
      bytes_.append(reinterpret_cast<const char*>(&part), sizeof part);
    } else {
      write(part);
    }
  }

  std::string take() { return std::move(bytes_); }

 private:
  void write(std::string& text) {
    count(text.size());
    bytes_ += text;
  }
  template <class Item>
  void write(std::vector<Item>& items) {
    count(items.size());
    for (Item& item : items) {
      (*this)(item);
    }
  }
  template <class Item>
  void write(std::optional<Item>& item) {
    count(item ? 1 : 0);
    if (item) {
      (*this)(*item);
    }
  }
  template <class Struct>
  void write(Struct& whole) {
    parts(whole, [this](auto& part) { (*this)(part); });
  }
  void count(std::size_t number) { (*this)(number); }

  std::string bytes_;
};

/// How many words an enumeration has, from 0 on: another number is none of them.
constexpr std::size_t words_of(Verdict) { return std::size_t{1} + std::size_t(Verdict::error); }
constexpr std::size_t words_of(Way) { return std::size_t{1} + std::size_t(Way::plain); }
constexpr std::size_t words_of(bool) { return 2; }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  template <class Part>
  void operator()(Part& part) {
    if constexpr (std::is_enum_v<Part> || std::is_same_v<Part, bool>) {
      part = static_cast<Part>(word(sizeof part, words_of(part)));
    } else if constexpr (std::is_arithmetic_v<Part>) {
      std::memcpy(&part, take(sizeof part).data(), sizeof part);
    } else {
      read(part);
    }
  }

  bool at_end() const { return left_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    if (size > left_.size()) {
      throw ValueError("report: has an end too soon, expected " + std::to_string(size) +
                       " more bytes");
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  /// The number of a word in as many bytes: whatever they are, they are not yet one.
  std::size_t word(std::size_t size, std::size_t words) {
    std::size_t number = 0;
    std::memcpy(&number, take(size).data(), size);
    if (number >= words) {
      throw ValueError("report: has the number " + std::to_string(number) +
                       " for a word, expected less than " + std::to_string(words));
    }
    return number;
  }
  void read(std::string& text) { text = take(count()); }
  template <class Item>
  void read(std::vector<Item>& items) {
    for (std::size_t left = count(); left > 0; --left) {
      (*this)(items.emplace_back());
    }
  }
  template <class Item>
  void read(std::optional<Item>& item) {
    if (word(sizeof(std::size_t), 2) != 0) {
      (*this)(item.emplace());
    }
  }
  template <class Struct>
  void read(Struct& whole) {
    parts(whole, [this](auto& part) { (*this)(part); });
  }
  std::size_t count() {
    std::size_t number = 0;
    (*this)(number);
    return number;
  }

  std::string_view left_;
};

}  // namespace

std::string to_bytes(const Report& report) {
  Writer writer;
  Report copy = report;
  writer(copy);
  return writer.take();
}

Report report_from_bytes(std::string_view bytes) {
  Reader reader(bytes);
  Report report;
  reader(report);
  if (!reader.at_end()) {
    throw ValueError("report: has bytes behind its end, expected none");
  }
  return report;
}

}  // namespace gradcheck
