#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <defects/altered_layer.hpp>

namespace gradcheck::defects {

/// A tensor that a specimen's network is given; random ones depend on the corpus seed and the name.
struct Given {
  std::string name;
  Role role = Role::parameter;
  std::function<Tensor(std::uint64_t seed)> make;
};

Given normal(std::string name, Shape shape, double std = 1, double mean = 0);
Given uniform(std::string name, Shape shape, double low, double high);
/// ±[low, high], both signs: dense and away from 0.
Given both_signs(std::string name, Shape shape, double low = 0.5, double high = 2);
Given values(std::string name, Shape shape, std::vector<double> entries);
Given filled(std::string name, Shape shape, double value);
/// Random, with these entries in its first places.
Given starting(Given given, std::vector<double> entries);
/// The same, held constant.
Given fixed(Given given);
/// Class indices 0 … classes − 1, held constant.
Given labels(std::string name, std::size_t count, std::size_t classes);

/// A wrong backward at the point of a specimen.
struct Defect {
  std::string kind;  ///< "sign", "transpose", ...
  Uses uses;
  Alteration alteration;
  bool open = false;     ///< every input of the layer claims to be differentiable
  std::string detail{};  ///< where several defects of a kind sit at one layer
};

/// A backward that differs from the library's and is just as right.
struct Convention {
  Uses uses;
  Alteration alteration;
};

/// A network with the right backward at a point, and wrong backwards at the same point.
struct Specimen {
  std::string name;
  std::string group;    ///< "clean", or what makes the point tricky: "kink", "scale", ...
  std::string network;  ///< in the network language; its last value is the loss
  std::vector<Given> given;
  std::vector<Defect> defects{};
  std::vector<Convention> conventions{};  ///< part of the right backward
  std::vector<std::string> in_float32{};  ///< layers that calculate in float32, by name

  bool tricky() const { return group != "clean" && in_float32.empty(); }
};

/// The network with the right backward.
Network right_network(const Specimen& specimen, std::uint64_t seed);
/// The same with one of its defects.
Network wrong_network(const Specimen& specimen, const Defect& defect, std::uint64_t seed);

/// "sigmoid / sigmoid: sign": unique in the corpus.
std::string name_of(const Specimen& specimen, const Defect& defect);

}  // namespace gradcheck::defects
