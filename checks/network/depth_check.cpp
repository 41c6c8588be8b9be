#include <functional>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <pthread.h>

#include <gradcheck/network/language.hpp>

using namespace gradcheck;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t small_stack = std::size_t{4} << 20;  // the sanitizer's frames are far larger
#else
constexpr std::size_t small_stack = std::size_t{1} << 20;
#endif

/// Does the work on a thread with a small stack.
void on_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, small_stack);
  pthread_t thread{};
  const auto run = [](void* given) -> void* {
    (*static_cast<const std::function<void()>*>(given))();
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)) ==
          0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t k = 0; k < times; ++k) {
    all += text;
  }
  return all;
}

/// The value of `expression` for x = 2.
double value_of(const std::string& expression) {
  double value = 0;
  on_small_stack([&] {
    Network network;
    network.give("x", Role::input, scalar(2.0));
    add_statements(network, parse_statements("L = " + expression), standard_layers());
    value = forward<double>(network)[network.loss()].data()[0];
    CHECK(parse_expression(to_string(parse_expression(expression))).kind ==
          parse_expression(expression).kind);
  });
  return value;
}

}  // namespace

TEST_CASE("depth: the longest chains and the deepest nesting need no large stack") {
  CHECK(value_of("x" + repeated(" + x", 998)) == 1998);
  CHECK(value_of("x" + repeated(" - 1 * x", 499)) == -996);
  CHECK(value_of("x" + repeated(".T", 998)) == 2);
  CHECK(value_of(repeated("(", 199) + "x" + repeated(")", 199)) == 2);
  CHECK(value_of(repeated("-(", 99) + "x" + repeated(")", 99)) == -2);
  CHECK(value_of(repeated("abs(", 199) + "x" + repeated(")", 199)) == 2);
  CHECK(value_of("sum(" + repeated("[", 30) + "x" + repeated("]", 30) + ")") == 2);
}
