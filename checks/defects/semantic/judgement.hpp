#pragma once

#include <string>
#include <vector>

#include <defects/semantic/any_network.hpp>

#include <gradcheck/result/report.hpp>

namespace gradcheck::defects::semantic {

/// What every way of checking one network says.
struct Judgement {
  bool accused = false;               ///< some way calls a right layer wrong
  bool unlike = false;                ///< two ways contradict each other
  std::vector<std::string> findings;  ///< what is amiss, in words
  Verdict verdict = Verdict::agree;   ///< of the first way
};

/// Checks it by `--sweep auto` and plain, with one thread and with two. With any number of threads
/// all verdicts must be the same; plain may resolve less, but must not say the opposite.
Judgement judge_every_way(const AnyNetwork& network, std::uint64_t seed);

}  // namespace gradcheck::defects::semantic
