#include <algorithm>
#include <cmath>

#include <defects/corpus.hpp>
#include <defects/examine.hpp>
#include <fmt/format.h>

#include <gradcheck/tensor/errors.hpp>

namespace gradcheck::defects {

namespace {

std::vector<ValueId> parameters_of(const Network& network) {
  std::vector<ValueId> ids;
  for (const ValueId id : network.leaves()) {
    if (network.value(id).role == Role::parameter) {
      ids.push_back(id);
    }
  }
  return ids;
}

/// The largest relative difference of two entries; infinite where one is not finite.
double largest_change(const Tensor& wrong, const Tensor& right) {
  double largest = 0;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const double change = relative_error(wrong.data()[i], right.data()[i]);
    largest =
        std::isnan(change) ? std::numeric_limits<double>::infinity() : std::max(largest, change);
  }
  return largest;
}

/// Whether a tensor feeds a layer with kinks that is planted: at a tie, the gradients of all that
/// feeds it are judged jointly, and any of them may be called wrong.
bool judged_jointly(const Network& network, ValueId id, const Uses& uses) {
  const std::vector<bool> fed = downstream_nodes(network.graph(), id);
  for (std::size_t k = 0; k < network.nodes().size(); ++k) {
    const Layer& layer = *network.nodes()[k].layer;
    if (fed[k] && layer.name() == uses.layer && layer.kinked()) {
      return true;
    }
  }
  return false;
}

/// What a wrong network is compared with.
struct Planted {
  const Values<double>& right;
  const Defect& defect;
};

void check_all(const Network& network, const Planted* planted, const CheckOptions& options,
               Examination& result) {
  Checker checker(network, options);
  for (const ValueId id : parameters_of(network)) {
    const double change = planted ? largest_change(checker.gradients()[id], planted->right[id]) : 0;
    const TensorReport report = checker.check(id).report;
    result.visible = std::max(result.visible, change);
    result.entries += report.entries;
    const bool reached = !planted || change > 0 || planted->defect.open;
    // Of a Jacobian, `change` sees one upstream alone.
    if (reached || !checker.scalar_loss()) {
      result.verdict = graver(result.verdict, report.verdict);
    } else if (report.verdict == Verdict::disagree &&
               !judged_jointly(network, id, planted->defect.uses)) {
      result.stray.push_back(report.name);
    }
    result.tensors.push_back(report);
  }
  result.probes = checker.probes();
}

/// Runs `check` on the examination; an error becomes its verdict.
template <class Check>
Examination guarded(Examination result, Check check) {
  try {
    check(result);
  } catch (const Error& error) {
    result.verdict = Verdict::error;
    result.error = error.what();
  }
  return result;
}

}  // namespace

bool Examination::good() const {
  const bool hidden = planted && visible <= CheckOptions{}.rtol;
  const bool found = verdict == Verdict::disagree;
  const bool clear = verdict == Verdict::agree;
  return stray.empty() && ((planted && found) || ((!planted || hidden) && clear));
}

Examination examine_right(const Specimen& specimen, std::uint64_t seed,
                          const CheckOptions& options) {
  Examination result;
  result.name = specimen.name;
  result.kind = specimen.group;
  result.tricky = specimen.tricky();
  return guarded(std::move(result), [&](Examination& to) {
    check_all(right_network(specimen, seed), nullptr, options, to);
  });
}

Examination examine_wrong(const Specimen& specimen, const Defect& defect, std::uint64_t seed,
                          const CheckOptions& options) {
  Examination result;
  result.name = name_of(specimen, defect);
  result.kind = defect.kind;
  result.planted = true;
  result.tricky = specimen.tricky();
  return guarded(std::move(result), [&](Examination& to) {
    const Network right = right_network(specimen, seed);
    const Checker checker(right, options);
    const Planted planted{checker.gradients(), defect};
    check_all(wrong_network(specimen, defect, seed), &planted, options, to);
  });
}

double visible_change(const Specimen& specimen, const Defect& defect, std::uint64_t seed) {
  const Network right = right_network(specimen, seed);
  const Network wrong = wrong_network(specimen, defect, seed);
  const Values<double> values = forward<double>(right);
  Tensor upstream = full<double>(right.value(right.loss()).shape, 1);
  for (std::size_t i = 0; i < upstream.size(); ++i) {
    upstream.data()[i] = i % 2 == 0 ? 1.5 : -1;  // of both signs, as a Jacobian's are
  }
  const Values<double> before = backward<double>(right, values, right.loss(), upstream);
  const Values<double> after = backward<double>(wrong, values, wrong.loss(), upstream);
  double largest = 0;
  for (const ValueId id : parameters_of(right)) {
    largest = std::max(largest, largest_change(after[id], before[id]));
  }
  return largest;
}

std::vector<Examination> examine_all(std::uint64_t seed, const std::string& filter) {
  CheckOptions options;
  options.seed = seed;
  std::vector<Examination> all;
  for (const Specimen& specimen : examined_corpus()) {
    if (specimen.name.find(filter) != std::string::npos) {
      all.push_back(examine_right(specimen, seed, options));
    }
    for (const Defect& defect : specimen.defects) {
      if (name_of(specimen, defect).find(filter) != std::string::npos) {
        all.push_back(examine_wrong(specimen, defect, seed, options));
      }
    }
  }
  return all;
}

std::string describe(const Examination& examination) {
  std::string text = fmt::format("{} ({}): {}{}\n", examination.name, examination.kind,
                                 to_string(examination.verdict),
                                 examination.error.empty() ? "" : ", " + examination.error);
  for (const TensorReport& tensor : examination.tensors) {
    std::string index;
    for (const std::size_t i : tensor.worst.index) {
      index += fmt::format("{}{}", index.empty() ? "" : ", ", i);
    }
    text += fmt::format("    {:12} {}[{}] analytic {:.17g} numeric {:.17g} bound {:.2g}",
                        to_string(tensor.verdict), tensor.name, index, tensor.worst.analytic,
                        tensor.worst.numeric, tensor.worst.bound);
    text += tensor.reason.empty() ? "\n" : fmt::format("; {}\n", tensor.reason);
  }
  if (examination.planted) {
    text += fmt::format("    changes an entry by up to {:.2g}\n", examination.visible);
  }
  return text;
}

}  // namespace gradcheck::defects
