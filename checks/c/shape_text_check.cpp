#include <doctest/doctest.h>

#include <gradcheck/c/shape_text.hpp>
#include <gradcheck/tensor/errors.hpp>

using namespace gradcheck;

TEST_CASE("read_shapes: shapes are written as NumPy prints them") {
  CHECK(read_shapes("(5, 3)") == std::vector<Shape>{{5, 3}});
  CHECK(read_shapes("(5,3) ,(3,),()") == std::vector<Shape>{{5, 3}, {3}, {}});
  CHECK(read_shapes("(3)") == std::vector<Shape>{{3}});
  CHECK(read_shapes("(0, 2)") == std::vector<Shape>{{0, 2}});
}

TEST_CASE("read_shapes: anything else is refused, with the text") {
  for (const char* text : {"", "5", "(5", "(5,", "(,5)", "(-1,)", "(5 3)", "(5, 3),", "(5,) x",
                           "(5,,3)", "(99999999999999999999,)", "(1.5,)"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(
        read_shapes(text),
        ("shapes: has <" + std::string(text) + ">, expected some like (5, 3), (3,)").c_str(),
        ValueError);
  }
  CHECK_THROWS_AS(read_shapes("(100000, 100000)"), ShapeError);
}
