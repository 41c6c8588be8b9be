#include <defects/semantic/judgement.hpp>
#include <doctest/doctest.h>

using namespace gradcheck::defects::semantic;

TEST_CASE("random networks: no right layer is called wrong, and no way contradicts another") {
#ifdef GRADCHECK_SAMPLE_CORPORA
  constexpr std::uint64_t networks = 10;
#else
  constexpr std::uint64_t networks = 40;
#endif
  for (std::uint64_t seed = 1; seed <= networks; ++seed) {
    const AnyNetwork network = any_network(seed);
    const Judgement judgement = judge_every_way(network, seed);
    for (const std::string& finding : judgement.findings) {
      FAIL_CHECK(finding << "\n" << case_file(network));
    }
  }
}
