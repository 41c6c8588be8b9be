#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/claim_subjects.hpp>

namespace gradcheck {

namespace {

using Kind = Claim::Kind;

bool of_update(const Claim& claim) {
  return claim.kind == Kind::updated || claim.kind == Kind::change;
}

SlopesAt slopes_at(const ClaimedState& state, ValueId to, ValueId from, std::vector<bool> kinks) {
  Checker& checker = state.checker;
  return [&checker, to, from, kinks = std::move(kinks)](std::size_t position) {
    const std::size_t n = kinks.size();
    return kinks[position % n]
               ? std::optional(checker.kink_interval(to, position / n, from, position % n))
               : std::nullopt;
  };
}

/// The entries where a row (an entry of y) meets a column (an entry of x) of a Jacobian with n
/// columns.
Computed block(const TensorCheck& check, const Selection& rows, const Selection& columns,
               std::size_t n) {
  Computed computed{check.analytic, {rows.shape, {}}, {}};
  computed.selection.shape.insert(computed.selection.shape.end(), columns.shape.begin(),
                                  columns.shape.end());
  for (const std::size_t row : rows.positions) {
    for (const std::size_t column : columns.positions) {
      computed.selection.positions.push_back(row * n + column);
    }
  }
  computed.other_shapes.push_back({rows.positions.size(), columns.positions.size()});
  return computed;
}

Tensor difference(Tensor a, const Tensor& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    a.data()[i] -= b.data()[i];
  }
  return a;
}

Tensor claimed_tensor(const Claim& claim, const ClaimedState& state, ValueId id) {
  switch (claim.kind) {
    case Kind::gradient:
      return state.now.gradients[id];
    case Kind::change:
      return difference(state.now.values[id], state.start.values[id]);
    default:
      return state.now.values[id];
  }
}

/// The two sides of a key such as "y[0]/x".
std::pair<std::string, std::string> sides_of(const Claim& claim) {
  const std::size_t slash = claim.key.find('/');
  if (slash == std::string::npos) {
    throw LocatedError(
        claim.at, "'" + claim.key + "' is claimed as a Jacobian, expected a key such as \"y/x\"");
  }
  return {claim.key.substr(0, slash), claim.key.substr(slash + 1)};
}

}  // namespace

ClaimSubject ClaimSubjects::of(const Claim& claim, const ClaimedState& state) {
  ClaimSubject subject =
      claim.kind == Kind::jacobian ? jacobian_of(claim, state) : value_of(claim, state);
  subject.place.kind = claim.kind;
  subject.place.steps = state.steps;
  subject.place.after = state.after;
  return subject;
}

ClaimSubject ClaimSubjects::value_of(const Claim& claim, const ClaimedState& state) {
  const Network& network = state.checker.network();
  const auto [name, subscripts] = parse_reference(claim.key, claim.at);
  const ValueId id = find_value(network, name, claim.at);
  const Shape& shape = network.value(id).shape;
  if (of_update(claim) && network.value(id).role != Role::parameter) {
    throw LocatedError(claim.at,
                       "'" + name + "' is not a parameter, expected one: only those are updated");
  }
  ClaimSubject subject;
  subject.computed.tensor = claimed_tensor(claim, state, id);
  subject.computed.selection = select_at(shape, subscripts, claim.key, claim.at);
  subject.place.name = name;
  subject.place.shape = shape;
  subject.place.positions = subject.computed.selection.positions;
  subject.slopes = [](std::size_t) { return std::nullopt; };
  if (claim.kind == Kind::gradient) {
    require_differentiated(network, id, claim.at);
    subject.slopes = slopes_at(state, network.loss(), id, gradient(state, id).at_kink);
  }
  return subject;
}

/// "y/x": d(y)/d(x), with subscripts on either side if wanted.
ClaimSubject ClaimSubjects::jacobian_of(const Claim& claim, const ClaimedState& state) {
  const Network& network = state.checker.network();
  const auto [y, x] = sides_of(claim);
  const auto [to, to_subscripts] = parse_reference(y, claim.at);
  const auto [from, from_subscripts] = parse_reference(x, claim.at);
  const ValueId to_id = find_value(network, to, claim.at);
  const ValueId from_id = find_value(network, from, claim.at);
  require_differentiated(network, from_id, claim.at);
  const Selection rows = select_at(network.value(to_id).shape, to_subscripts, y, claim.at);
  const Selection columns = select_at(network.value(from_id).shape, from_subscripts, x, claim.at);
  const TensorCheck& check = jacobian(state, to_id, from_id);
  ClaimSubject subject;
  subject.computed = block(check, rows, columns, check.at_kink.size());
  subject.place.name = to + "/" + from;
  subject.slopes = slopes_at(state, to_id, from_id, check.at_kink);
  return subject;
}

/// dL/d(value) at a state. One of a later state is shown only if it does not agree.
const TensorCheck& ClaimSubjects::gradient(const ClaimedState& state, ValueId id) {
  const auto at_start = outcome_.checked.find(id);
  if (state.steps == 0 && at_start != outcome_.checked.end()) {
    return at_start->second;
  }
  const auto [found, is_new] = later_.try_emplace({state.steps, id});
  TensorCheck& check = found->second;
  if (is_new) {
    check = state.checker.check(id);
    if (check.report.verdict != Verdict::agree) {
      outcome_.report.tensors.push_back(check.report);
      outcome_.report.notes.push_back(
          "after " + std::to_string(state.steps) + (state.steps == 1 ? " step" : " steps") +
          ", the gradient of " + check.report.name + ": " + to_string(check.report.verdict));
    }
  }
  return check;
}

const TensorCheck& ClaimSubjects::jacobian(const ClaimedState& state, ValueId to, ValueId from) {
  const auto as_gradient = outcome_.checked.find(from);
  if (to == state.now.network.loss() && as_gradient != outcome_.checked.end()) {
    return as_gradient->second;
  }
  const auto [found, is_new] = outcome_.jacobians.try_emplace({to, from});
  TensorCheck& check = found->second;
  if (is_new) {
    check = state.checker.check_jacobian(to, from);
    outcome_.report.tensors.push_back(jacobian_report(check, state.checker.network(), to, from));
  }
  return check;
}

TensorReport jacobian_report(const TensorCheck& check, const Network& network, ValueId to,
                             ValueId from) {
  TensorReport report = check.report;
  report.name = network.value(to).name + "/" + network.value(from).name;
  report.shape = shape_of(check.analytic);
  return report;
}

}  // namespace gradcheck
