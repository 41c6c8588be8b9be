#include <doctest/doctest.h>

#include <gradcheck/report/table.hpp>

using namespace gradcheck;

namespace {

Table sample_table() {
  Table table({{"name", false, Keep::always, 4},
               {"role", false, Keep::while_whole_fits},
               {"count", true, Keep::while_cut_fits},
               {"verdict"}});
  table.add({{"weights"}, {"input"}, {"12"}, {"agree", Ink::good}});
  table.add({{"b"}, {""}, {"3"}, {""}});
  return table;
}

}  // namespace

TEST_CASE("table: columns are aligned, and no line ends in blanks") {
  CHECK(sample_table().text(1, 80, false) ==
        " name     role   count  verdict\n"
        " weights  input     12  agree\n"
        " b                   3\n");
}

TEST_CASE("table: where it is too wide, columns are left out and cut in a fixed order") {
  CHECK(sample_table().text(0, 29, false) ==
        "name     count  verdict\nweights     12  agree\nb            3\n");
  CHECK(sample_table().text(0, 20, false) ==
        "name  count  verdict\nwei…     12  agree\nb         3\n");
  CHECK(sample_table().text(0, 19, false) == "name     verdict\nweights  agree\nb\n");
  CHECK(sample_table().text(0, 1, false) == "name  verdict\nwei…  agree\nb\n");
}

TEST_CASE("table: colour does not disturb the alignment") {
  CHECK(sample_table().text(0, 80, true).find("12  \x1b[32magree\x1b[0m\n") != std::string::npos);
}

TEST_CASE("table: without titles there is no line for them") {
  Table table({{""}, {""}});
  CHECK(table.empty());
  table.add({{"a"}, {"b"}});
  CHECK(table.text(0, 80, false) == "a  b\n");
}
