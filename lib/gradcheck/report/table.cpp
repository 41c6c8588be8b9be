#include <algorithm>
#include <functional>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/table.hpp>

namespace gradcheck {
namespace {

constexpr std::size_t gap = 2;

using Rows = std::vector<std::vector<Cell>>;

/// A column that is shown: where it stands in each row, and how wide it is.
struct Place {
  const Column* column;
  std::size_t position;
  std::size_t width;
};

std::vector<Place> natural_places(const std::vector<Column>& columns, const Rows& rows) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t width = display_width(columns[i].title);
    for (const std::vector<Cell>& row : rows) {
      width = std::max(width, display_width(row[i].text));
    }
    places.push_back({&columns[i], i, width});
  }
  return places;
}

std::size_t total_width(const std::vector<Place>& places) {
  std::size_t width = 0;
  for (const Place& place : places) {
    width += place.width + gap;
  }
  return width - std::min(width, gap);
}

std::size_t least_total_width(std::vector<Place> places) {
  for (Place& place : places) {
    const std::size_t least = place.column->least;
    place.width = least > 0 ? std::min(place.width, least) : place.width;
  }
  return total_width(places);
}

/// Leaves out columns of that kind, from the left, until the rest fits in `measure`.
void leave_out(std::vector<Place>& places, Keep keep, std::size_t width,
               const std::function<std::size_t(const std::vector<Place>&)>& measure) {
  while (measure(places) > width) {
    const auto found = std::find_if(places.begin(), places.end(), [keep](const Place& place) {
      return place.column->keep == keep;
    });
    if (found == places.end()) {
      return;
    }
    places.erase(found);
  }
}

/// Takes columns away where most are left, until all fits or nothing more can be taken.
void cut_down(std::vector<Place>& places, std::size_t width) {
  while (total_width(places) > width) {
    Place* widest = nullptr;
    for (Place& place : places) {
      const bool can_give = place.column->least > 0 && place.width > place.column->least;
      if (can_give && (widest == nullptr || place.width > widest->width)) {
        widest = &place;
      }
    }
    if (widest == nullptr) {
      return;
    }
    --widest->width;
  }
}

std::string line_of(const std::vector<Place>& places, const std::vector<Cell>& row,
                    std::size_t indent, bool color) {
  std::string line(indent, ' ');
  std::size_t blanks = 0;  // put off, so that no line ends in them
  for (const Place& place : places) {
    const Cell& cell = row[place.position];
    const std::string text = cut(cell.text, place.width);
    const std::size_t spare = place.width - std::min(place.width, display_width(text));
    const std::size_t before = place.column->right ? spare : 0;
    if (!text.empty()) {
      line.append(blanks + before, ' ').append(paint(text, cell.ink, color));
      blanks = gap + spare - before;
    } else {
      blanks += place.width + gap;
    }
  }
  return line + "\n";
}

std::vector<Cell> titles_of(const std::vector<Column>& columns) {
  std::vector<Cell> titles;
  for (const Column& column : columns) {
    titles.push_back({column.title, Ink::faint});
  }
  return titles;
}

}  // namespace

std::string Table::text(std::size_t indent, std::size_t width, bool color) const {
  std::vector<Place> places = natural_places(columns_, rows_);
  const std::size_t available = width - std::min(width, indent);
  leave_out(places, Keep::while_whole_fits, available, total_width);
  leave_out(places, Keep::while_cut_fits, available, least_total_width);
  leave_out(places, Keep::while_others_fit, available, least_total_width);
  cut_down(places, available);
  const bool titled = std::any_of(columns_.begin(), columns_.end(),
                                  [](const Column& column) { return !column.title.empty(); });
  std::string out = titled ? line_of(places, titles_of(columns_), indent, color) : "";
  for (const std::vector<Cell>& row : rows_) {
    out += line_of(places, row, indent, color);
  }
  return out;
}

}  // namespace gradcheck
