#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <map>
#include <thread>

#include <defects/corpus.hpp>
#include <defects/diagnoses.hpp>

#include <gradcheck/diagnose/diagnosis.hpp>
#include <gradcheck/diagnose/faults.hpp>
#include <gradcheck/diagnose/recognise.hpp>
#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::defects {

namespace {

/// How far an entry is moved to spoil a pattern, in parts of the largest.
constexpr double spoiling = 1e-3;

std::vector<std::size_t> planted_nodes(const Network& network, const Uses& uses) {
  std::vector<std::size_t> planted;
  int seen = 0;
  for (std::size_t k = 0; k < network.nodes().size(); ++k) {
    if (network.nodes()[k].layer->name() == uses.layer && (uses.nth < 0 || uses.nth == seen++)) {
      planted.push_back(k);
    }
  }
  return planted;
}

std::map<ValueId, TensorCheck> check_parameters(Checker& checker) {
  std::map<ValueId, TensorCheck> checked;
  for (const ValueId id : checker.network().leaves()) {
    if (checker.network().value(id).role == Role::parameter) {
      checked.emplace(id, checker.check(id));
    }
  }
  return checked;
}

std::vector<ValueId> wrong_ones(const std::map<ValueId, TensorCheck>& checked) {
  std::vector<ValueId> wrong;
  for (const auto& [id, check] : checked) {
    if (check.report.verdict == Verdict::disagree) {
      wrong.push_back(id);
    }
  }
  return wrong;
}

Surroundings surroundings_of(const Fault& fault) {
  Surroundings around;
  around.place = &fault.place;
  around.numbers = numbers_at(fault.place);
  around.conditions = conditions_at(fault.place);
  around.others = fault.others;
  return around;
}

/// An entry that agrees, where there is one: another wrong one might only be worse.
std::size_t entry_to_spoil(const Observation& seen) {
  const std::vector<std::size_t> wrong = disagreeing_entries(seen);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!std::ranges::binary_search(wrong, i)) {
      return i;
    }
  }
  return seen.size() / 2;
}

void spoil(const Fault& fault, Diagnosed& to) {
  const std::optional<Pattern> before = recognise(fault.seen, surroundings_of(fault));
  if (!before || fault.seen.size() < 2) {
    return;
  }
  Fault spoiled = fault;
  const double largest = std::max(max_abs(fault.seen.numeric), 1e-3);
  const std::size_t entry = entry_to_spoil(fault.seen);
  const double seen = fault.seen.bound.data()[entry] + fault.seen.rounding.data()[entry];
  spoiled.seen.analytic.data()[entry] += std::max(spoiling * (std::isfinite(largest) ? largest : 1),
                                                  std::isfinite(seen) ? 4 * seen : 0);
  const std::optional<Pattern> after = recognise(spoiled.seen, surroundings_of(spoiled));
  if (after && after->name == before->name && after->sentence == before->sentence) {
    to.asserted_in_spite.push_back(before->name + ": " + before->sentence);
  }
}

std::optional<Diagnosed> diagnosed(const Specimen& specimen, const Defect& defect,
                                   std::uint64_t seed) {
  const Network network = wrong_network(specimen, defect, seed);
  const CheckOptions options;
  Checker checker(network, options);
  const std::map<ValueId, TensorCheck> checked = check_parameters(checker);
  const std::vector<ValueId> wrong = wrong_ones(checked);
  if (wrong.empty()) {
    return std::nullopt;
  }
  Diagnosed result{name_of(specimen, defect), expected_pattern(specimen, defect), false, {}, {}};
  const std::vector<std::size_t> planted = planted_nodes(network, defect.uses);
  const std::vector<Fault> faults = find_faults(checker, wrong, options).found;
  result.layer_found = !faults.empty() && std::ranges::all_of(faults, [&](const Fault& fault) {
    return std::ranges::count(planted, fault.node) != 0;
  });
  result.said = diagnose(checker, checked, options).diagnosis;
  for (const Fault& fault : faults) {
    spoil(fault, result);
  }
  return result;
}

/// A defect of the corpus, and what is said about it.
struct Planted {
  const Specimen* specimen;
  const Defect* defect;
  std::optional<Diagnosed> found;
};

std::vector<Planted> planted_defects(const std::string& filter) {
  std::vector<Planted> planted;
  for (const Specimen& specimen : examined_corpus()) {
    for (const Defect& defect : specimen.defects) {
      if (name_of(specimen, defect).find(filter) != std::string::npos) {
        planted.push_back({&specimen, &defect, std::nullopt});
      }
    }
  }
  return planted;
}

}  // namespace

std::vector<Diagnosed> diagnose_all(std::uint64_t seed, const std::string& filter) {
  std::vector<Planted> planted = planted_defects(filter);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t k = next++; k < planted.size(); k = next++) {
      planted[k].found = diagnosed(*planted[k].specimen, *planted[k].defect, seed);
    }
  };
  std::vector<std::future<void>> threads;
  for (unsigned k = 0; k < std::max(1U, std::thread::hardware_concurrency()); ++k) {
    threads.push_back(std::async(std::launch::async, work));
  }
  for (std::future<void>& thread : threads) {
    thread.get();
  }
  std::vector<Diagnosed> all;
  for (Planted& one : planted) {
    if (one.found) {
      all.push_back(std::move(*one.found));
    }
  }
  return all;
}

DiagnosisFigures figures_of(const std::vector<Diagnosed>& all) {
  DiagnosisFigures figures;
  for (const Diagnosed& one : all) {
    ++figures.found;
    figures.layers += one.layer_found ? 1 : 0;
    const bool patterned = !one.expected.empty();
    figures.patterned += patterned ? 1 : 0;
    figures.patterns += patterned && one.pattern_found() ? 1 : 0;
    figures.unexpected += !patterned && !one.said.empty() && !one.said[0].pattern.empty() ? 1 : 0;
    figures.in_spite += one.asserted_in_spite.size();
  }
  return figures;
}

}  // namespace gradcheck::defects
