// The network language: what is read is written as text that reads as the same; and it becomes a
// network, or is refused.
#include <gradcheck/network/language.hpp>

#include "fuzz.hpp"

using namespace gradcheck;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::allow_refusal([&] {
    const std::vector<Statement> statements = parse_statements(fuzz::text_of(data, size));
    for (const Statement& statement : statements) {
      const std::string once = to_string(statement.value);
      fuzz::require(to_string(parse_expression(once)) == once, "text reads as the same expression");
    }
    Network network;
    network.give("x", Role::input, {{1, -2, 0.5}, {3, 0, -1}});
    network.give("W", Role::parameter, {{1, 2}, {-1, 0.5}, {2, 1}});
    network.give("b", Role::parameter, {0.25, -1});
    network.give("t", Role::constant, {0, 1});
    add_statements(network, statements, standard_layers());
  });
  return 0;
}
