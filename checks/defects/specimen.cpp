#include <algorithm>

#include <defects/float32_layers.hpp>
#include <defects/specimen.hpp>

#include <gradcheck/network/language.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck::defects {

namespace {

/// FNV-1a: the same on every machine, unlike std::hash.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  return hash;
}

/// The odd integer nearest to 2⁶⁴ / φ spreads small seeds over all bits.
constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;

Tensor flip_signs(Tensor t, std::uint64_t seed) {
  const Tensor sign = random_uniform(shape_of(t), -1, 1, seed + 1);
  for (std::size_t i = 0; i < t.size(); ++i) {
    // Few entries could all have one sign by chance: the first two never do.
    const bool negative = i < 2 ? i == seed % 2 : sign.data()[i] < 0;
    t.data()[i] *= negative ? -1 : 1;
  }
  return t;
}

}  // namespace

Given normal(std::string name, Shape shape, double std, double mean) {
  return {std::move(name), Role::parameter,
          [=](std::uint64_t seed) { return random_normal(shape, mean, std, seed); }};
}

Given uniform(std::string name, Shape shape, double low, double high) {
  return {std::move(name), Role::parameter,
          [=](std::uint64_t seed) { return random_uniform(shape, low, high, seed); }};
}

Given both_signs(std::string name, Shape shape, double low, double high) {
  return {std::move(name), Role::parameter, [=](std::uint64_t seed) {
            return flip_signs(random_uniform(shape, low, high, seed), seed);
          }};
}

Given values(std::string name, Shape shape, std::vector<double> entries) {
  return {std::move(name), Role::parameter,
          [=](std::uint64_t) { return tensor_of(shape, entries); }};
}

Given filled(std::string name, Shape shape, double value) {
  return {std::move(name), Role::parameter,
          [=](std::uint64_t) { return full<double>(shape, value); }};
}

Given starting(Given given, std::vector<double> entries) {
  given.make = [make = given.make, entries](std::uint64_t seed) {
    Tensor t = make(seed);
    std::ranges::copy(entries, t.data());
    return t;
  };
  return given;
}

Given fixed(Given given) {
  given.role = Role::constant;
  return given;
}

Given labels(std::string name, std::size_t count, std::size_t classes) {
  return {std::move(name), Role::constant, [=](std::uint64_t seed) {
            return random_integers({count}, 0, static_cast<std::int64_t>(classes), seed);
          }};
}

Network right_network(const Specimen& specimen, std::uint64_t seed) {
  Network network;
  for (const Given& given : specimen.given) {
    const std::uint64_t own = hash_of(specimen.name + "/" + given.name) + golden * seed;
    network.give(given.name, given.role, given.make(own));
  }
  add_statements(network, parse_statements(specimen.network), with_float32(specimen.in_float32));
  for (const Convention& convention : specimen.conventions) {
    network = replant(network, convention.uses, convention.alteration);
  }
  return network;
}

Network wrong_network(const Specimen& specimen, const Defect& defect, std::uint64_t seed) {
  return replant(right_network(specimen, seed), defect.uses, defect.alteration, defect.open);
}

std::string name_of(const Specimen& specimen, const Defect& defect) {
  const std::string detail = defect.detail.empty() ? "" : ", " + defect.detail;
  return specimen.name + " / " + defect.uses.layer + ": " + defect.kind + detail;
}

}  // namespace gradcheck::defects
