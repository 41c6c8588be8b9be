#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/cases/source_text.hpp>
#include <gradcheck/cases/toml.hpp>
#include <gradcheck/tensor/tensor.hpp>

namespace gradcheck {

/// One key of a TOML table with its value.
struct Entry {
  std::string key;
  Position at;  ///< of the key's first character, inside its quotes
  const toml::node* node = nullptr;

  Position value_at() const { return {node->source().begin.line, node->source().begin.column}; }
  Position value_end() const { return {node->source().end.line, node->source().end.column}; }
};

/// A TOML table whose values are read one by one, each checked for its form. `where` names it in
/// messages: "update", "claims.after[1]"; it is empty for the file as a whole.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string where, Position at, const SourceText& source);

  const std::vector<Entry>& entries() const { return entries_; }  ///< in the order of the file
  const std::string& where() const { return where_; }
  Position at() const { return at_; }
  const SourceText& source() const { return *source_; }
  const Entry* find(std::string_view key) const;
  /// The entry of a key that must be there.
  const Entry& need(const std::string& key) const;
  /// "update.steps"
  std::string path(const std::string& key) const;

  /// Throws LocatedError at each key that is not among `keys`, with the nearest that is; otherwise
  /// where one of `needed` is missing.
  void allow(const std::vector<std::string>& keys,
             const std::vector<std::string>& needed = {}) const;

  /// The value of one entry, of that type; `wanted` says what is expected where it is not.
  TableReader table(const Entry& entry) const;
  std::string text(const Entry& entry, const std::string& wanted = "a text") const;
  /// One of the words: "central" or "forward".
  std::string word(const Entry& entry, const std::array<std::string, 2>& words) const;
  Program program(const Entry& entry, const std::string& wanted) const;
  double number(const Entry& entry, const std::string& wanted,
                const std::function<bool(double)>& accepts) const;
  long long integer(const Entry& entry, long long least, long long most,
                    const std::string& wanted) const;
  Shape shape(const Entry& entry) const;
  bool truth(const Entry& entry) const;

  /// Throws LocatedError "where: key has <the value>, expected <wanted>".
  [[noreturn]] void fail(const Entry& entry, const std::string& wanted) const;
  /// Throws LocatedError "where: message".
  [[noreturn]] void fail_at(Position at, const std::string& message) const;
  /// A value as a message shows it: 1.5, "adam", an array.
  std::string shown(const toml::node& node) const;

 private:
  std::string where_;
  Position at_;
  const SourceText* source_;
  std::vector<Entry> entries_;
};

/// The number of a TOML integer or float, the nearest double; none if that is not finite.
std::optional<double> finite_number(const toml::node& node);

/// "a, b or c"
std::string alternatives(const std::vector<std::string>& words);

}  // namespace gradcheck
