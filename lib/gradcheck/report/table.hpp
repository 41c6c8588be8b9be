#pragma once

#include <string>
#include <vector>

#include <gradcheck/report/paint.hpp>

namespace gradcheck {

/// A cell's text, printable, and its ink.
struct Cell {
  std::string text;
  Ink ink = Ink::plain;
};

/// When a column is left out of a table that is too wide.
enum class Keep {
  always,
  while_cut_fits,    ///< left out where even cutting others does not make room
  while_whole_fits,  ///< left out before anything is cut
  while_others_fit,  ///< left out after all those, on the narrowest terminals
};

/// A column of a table: numbers stand to the right, words to the left.
struct Column {
  std::string title;
  bool right = false;
  Keep keep = Keep::always;
  std::size_t least = 0;  ///< may be cut down to this width; 0: is never cut
};

/// Rows of aligned cells, two blanks apart, without rules.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// A row with a cell for each column.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  /// The lines of the table, indented; first the titles, unless all of them are empty. No line is
  /// wider than `width` where leaving out and cutting columns can bring that about.
  std::string text(std::size_t indent, std::size_t width, bool color) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace gradcheck
