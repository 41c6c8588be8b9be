#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <gradcheck/cases/table_reader.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck {
namespace {

Position place_of(const toml::source_position& at) { return {at.line, at.column}; }

bool before(const Entry& a, const Entry& b) {
  return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
}

}  // namespace

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    text += (i == 0 ? "" : last ? " or " : ", ") + words[i];
  }
  return text;
}

TableReader::TableReader(const toml::table& table, std::string where, Position at,
                         const SourceText& source)
    : where_(std::move(where)), at_(at), source_(&source) {
  for (auto&& [key, node] : table) {
    entries_.push_back({std::string(key.str()), place_of(key.source().begin), &node});
  }
  std::sort(entries_.begin(), entries_.end(), before);
  for (Entry& entry : entries_) {
    entry.at = source.inside(entry.at);
  }
}

const Entry* TableReader::find(std::string_view key) const {
  const auto same = [&](const Entry& entry) { return entry.key == key; };
  const auto found = std::find_if(entries_.begin(), entries_.end(), same);
  return found == entries_.end() ? nullptr : &*found;
}

const Entry& TableReader::need(const std::string& key) const {
  const Entry* entry = find(key);
  if (entry == nullptr) {
    fail_at(at_, "key '" + key + "' is missing");
  }
  return *entry;
}

std::string TableReader::path(const std::string& key) const {
  return where_.empty() ? key : where_ + "." + key;
}

void TableReader::allow(const std::vector<std::string>& keys,
                        const std::vector<std::string>& needed) const {
  Mistakes mistakes;
  for (const Entry& entry : entries_) {
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
      const std::string near = nearest_name(entry.key, keys);
      mistakes.attempt([&] {
        fail_at(entry.at, "unknown key '" + shortened(entry.key) + "', " +
                              (near.empty() ? "expected " + alternatives(keys)
                                            : "did you mean '" + near + "'?"));
      });
    }
  }
  mistakes.throw_any();
  for (const std::string& key : needed) {
    need(key);
  }
}

void TableReader::fail_at(Position at, const std::string& message) const {
  throw LocatedError(at, where_.empty() ? message : where_ + ": " + message);
}

void TableReader::fail(const Entry& entry, const std::string& wanted) const {
  fail_at(entry.value_at(), entry.key + " has " + shown(*entry.node) + ", expected " + wanted);
}

std::string TableReader::shown(const toml::node& node) const {
  if (node.is_table()) {
    return "a table";
  }
  if (node.is_array()) {
    return "an array";
  }
  if (const auto* text = node.as_string()) {
    return "\"" + shortened(text->get()) + "\"";
  }
  if (node.is_number() || node.is_boolean()) {
    return std::string(source_->number(place_of(node.source().begin)));
  }
  return "a date or time";
}

// toml++ refuses to widen an integer beyond 2^53.
std::optional<double> finite_number(const toml::node& node) {
  const double value = node.is_integer() ? static_cast<double>(node.as_integer()->get())
                                         : node.as_floating_point()->get();
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

TableReader TableReader::table(const Entry& entry) const {
  if (!entry.node->is_table()) {
    fail(entry, "a table");
  }
  return {*entry.node->as_table(), path(entry.key), entry.at, *source_};
}

std::string TableReader::text(const Entry& entry, const std::string& wanted) const {
  if (!entry.node->is_string()) {
    fail(entry, wanted);
  }
  return entry.node->as_string()->get();
}

std::string TableReader::word(const Entry& entry, const std::array<std::string, 2>& words) const {
  const std::string wanted = '"' + words[0] + "\" or \"" + words[1] + '"';
  std::string one = text(entry, wanted);
  if (one != words[0] && one != words[1]) {
    fail(entry, wanted);
  }
  return one;
}

Program TableReader::program(const Entry& entry, const std::string& wanted) const {
  return source_->program(entry.value_at(), entry.value_end(), text(entry, wanted));
}

double TableReader::number(const Entry& entry, const std::string& wanted,
                           const std::function<bool(double)>& accepts) const {
  const std::optional<double> value =
      entry.node->is_number() ? finite_number(*entry.node) : std::nullopt;
  if (!value || !accepts(*value)) {
    fail(entry, wanted);
  }
  return *value;
}

long long TableReader::integer(const Entry& entry, long long least, long long most,
                               const std::string& wanted) const {
  const auto* value = entry.node->as_integer();
  if (value == nullptr || value->get() < least || value->get() > most) {
    fail(entry, wanted);
  }
  return value->get();
}

bool TableReader::truth(const Entry& entry) const {
  const auto* value = entry.node->as_boolean();
  if (value == nullptr) {
    fail(entry, "true or false");
  }
  return value->get();
}

Shape TableReader::shape(const Entry& entry) const {
  const std::string wanted = "a list of extents from 1, as in [2, 3]";
  const toml::array* extents = entry.node->as_array();
  if (extents == nullptr) {
    fail(entry, wanted);
  }
  if (extents->size() > max_rank) {
    fail_at(entry.value_at(), entry.key + " has " + std::to_string(extents->size()) +
                                  " axes, expected at most " + std::to_string(max_rank));
  }
  Shape shape;
  for (const toml::node& extent : *extents) {
    const auto* value = extent.as_integer();
    if (value == nullptr || value->get() < 1) {
      fail_at(place_of(extent.source().begin),
              entry.key + " has " + shown(extent) + ", expected " + wanted);
    }
    shape.push_back(static_cast<std::size_t>(value->get()));
  }
  try {
    entries_of(shape);
  } catch (const ShapeError& error) {
    fail_at(entry.value_at(), entry.key + " has " + to_string(shape) + ", expected at most " +
                                  std::to_string(max_entries) + " entries");
  }
  return shape;
}

}  // namespace gradcheck
