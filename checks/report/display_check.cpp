#include <doctest/doctest.h>

#include <gradcheck/report/display.hpp>

using namespace gradcheck;

TEST_CASE("display: Korean syllables take two columns, whole or in letters") {
  CHECK(display_width("") == 0);
  CHECK(display_width("abc") == 3);
  CHECK(display_width("역전파") == 6);
  CHECK(display_width("가 W") == 4);
  CHECK(display_width("\u1112\u1161\u11ab") == 2);  // the letters of 한, as some systems store them
  CHECK(display_width("e\u0301") == 1);             // a combining accent
  CHECK(display_width("∂L/∂W …") == 7);
}

TEST_CASE("display: text is cut at a whole character and never exceeds its width") {
  CHECK(cut("역전파", 6) == "역전파");
  CHECK(cut("역전파", 5) == "역전…");
  CHECK(cut("역전파", 4) == "역…");
  CHECK(cut("역전파", 1) == "…");
  CHECK(cut("역전파", 0) == "");
  CHECK(cut("abcdef", 4) == "abc…");
  CHECK(cut("e\u0301e\u0301e\u0301", 2) == "e\u0301…");
  CHECK(cut_front("abcdef", 4) == "…def");
  CHECK(cut_front("역전파", 4) == "…파");
  CHECK(cut_front("역전파", 6) == "역전파");
  CHECK(cut_front("역전파", 0) == "");
  for (std::size_t width = 0; width < 20; ++width) {
    CHECK(display_width(cut("한 글 mixed 텍스트", width)) <= width);
    CHECK(display_width(cut_front("한 글 mixed 텍스트", width)) <= width);
  }
}

TEST_CASE("display: padding counts columns, not bytes") {
  CHECK(pad_right("가", 4) == "가  ");
  CHECK(pad_left("가", 4) == "  가");
  CHECK(pad_right("가나다", 4) == "가나다");
}

TEST_CASE("display: what could steer a terminal is replaced") {
  CHECK(printable("a\x1b[31mb") == "a\uFFFD[31mb");
  CHECK(printable("a\nb\tc\r") == "a b c ");
  CHECK(printable("a\xff") == "a\uFFFD");
  CHECK(printable("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");  // a surrogate
  CHECK(printable("x\u202Ey") == "x\uFFFDy");                // turns the direction
  CHECK(printable("x\u009by") == "x\uFFFDy");                // the one-character form of ESC [
  CHECK(printable("역전파") == "역전파");
}

TEST_CASE("display: lines are wrapped at blanks, not inside of an index or a long word") {
  using Lines = std::vector<std::string>;
  CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
  CHECK(wrap("one two three", 80) == Lines{"one two three"});
  CHECK(wrap("", 10) == Lines{""});
  CHECK(wrap("a\n  b", 10) == Lines{"a", "  b"});
  CHECK(wrap("value of W[1, 1] here", 13) == Lines{"value of", "W[1, 1] here"});
  CHECK(wrap("W[1, 2, 3, 4]", 8) == Lines{"W[1, 2,", "3, 4]"});
  CHECK(wrap("to a/very/long/path:1:2: no", 10) == Lines{"to", "a/very/long/path:1:2:", "no"});
  CHECK(wrap("역전파 예제", 8) == Lines{"역전파", "예제"});
}
