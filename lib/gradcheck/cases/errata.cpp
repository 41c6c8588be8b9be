#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <string_view>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/errata.hpp>

namespace gradcheck {

namespace {

/// "after[1].forward.L[0]" taken apart.
struct ErratumKey {
  std::optional<std::size_t> after;
  std::string table;  ///< "forward", ..., "derivation"
  std::string claim;  ///< "L[0]", without blanks
};

std::string without_blanks(std::string_view text) {
  std::string result(text);
  std::erase(result, ' ');
  return result;
}

[[noreturn]] void names_no_claim(const Erratum& erratum) {
  throw LocatedError(erratum.at, "errata: '" + erratum.key +
                                     "' names no claim of this file, expected such as " +
                                     "'updated.W[1, 1]', 'jacobian.y/x[0, 1]', " +
                                     "'after[1].forward.L' or 'derivation.dz'");
}

ErratumKey parse_key(const Erratum& erratum) {
  ErratumKey key;
  std::string_view rest = erratum.key;
  if (rest.starts_with("after[")) {
    const std::size_t end = rest.find("].");
    std::size_t steps = 0;
    const char* const digits = rest.data() + 6;
    if (end == std::string_view::npos ||
        std::from_chars(digits, rest.data() + end, steps).ptr != rest.data() + end) {
      names_no_claim(erratum);
    }
    key.after = steps;
    rest.remove_prefix(end + 2);
  }
  const std::size_t dot = rest.find('.');
  if (dot == std::string_view::npos) {
    names_no_claim(erratum);
  }
  key.table = rest.substr(0, dot);
  rest.remove_prefix(dot + 1);
  key.claim = without_blanks(rest);
  return key;
}

bool same_table(const ErratumKey& key, const ClaimPlace& place) {
  return key.table == to_string(place.kind) && key.after.has_value() == place.after &&
         (!key.after || *key.after == place.steps);
}

std::vector<std::size_t> positions_at(const Erratum& erratum, const Shape& shape,
                                      const std::string& index) {
  const std::vector<Subscript> subscripts = parse_reference("x" + index, erratum.at).second;
  return select_at(shape, subscripts, erratum.key, erratum.at).positions;
}

/// The claimed entries, by their place in the claim, that stand at these positions of the tensor.
std::vector<std::size_t> entries_at(const std::vector<std::size_t>& positions,
                                    const ClaimPlace& place) {
  std::vector<std::size_t> entries;
  for (std::size_t i = 0; i < place.positions.size(); ++i) {
    if (std::ranges::count(positions, place.positions[i]) != 0) {
      entries.push_back(i);
    }
  }
  return entries;
}

std::vector<std::size_t> all_entries(const ClaimReport& claim) {
  std::vector<std::size_t> entries(claim.entries);
  std::iota(entries.begin(), entries.end(), std::size_t{0});
  return entries;
}

bool has_wrong_shape(const ClaimReport& claim) {
  return !claim.findings.empty() && !claim.findings[0].index;
}

/// What stands behind `name` in a key if it is one index, "[1, 1]"; else empty.
std::string index_behind(const std::string& name, const std::string& key) {
  const std::string rest = key.starts_with(name) ? key.substr(name.size()) : "";
  return rest.starts_with('[') && rest.find(']') == rest.size() - 1 ? rest : "";
}

/// The entries of a claim that the erratum covers, by their place in it; none if it speaks of
/// something else.
std::vector<std::size_t> covered_entries(const Erratum& erratum, const ErratumKey& key,
                                         const ClaimPlace& place, const ClaimReport& claim) {
  const std::string written = without_blanks(claim.name);
  const std::string in_claim = index_behind(written, key.claim);
  const std::string in_tensor = index_behind(place.name, key.claim);
  const bool same = key.claim == written || key.claim == place.name;
  if (same || (has_wrong_shape(claim) && !(in_claim + in_tensor).empty())) {
    return all_entries(claim);
  }
  const bool jacobian = place.kind == Claim::Kind::jacobian;
  if (!in_claim.empty() && (jacobian || written != place.name)) {
    return positions_at(erratum, claim.shape, in_claim);
  }
  return in_tensor.empty() || jacobian
             ? std::vector<std::size_t>{}
             : entries_at(positions_at(erratum, place.shape, in_tensor), place);
}

/// Marks what the erratum covers in one claim; returns whether any of it is not right.
bool mark(const Erratum& erratum, const std::vector<std::size_t>& covered, ClaimReport& claim) {
  bool needed = false;
  for (Finding& finding : claim.findings) {
    if (std::ranges::count(covered, finding.entry) != 0) {
      needed = true;
      finding.erratum = finding.verdict == ClaimVerdict::wrong;
      finding.erratum_key = erratum.key;
      finding.reason = erratum.reason;
    }
  }
  return needed;
}

void apply_to_claims(const Erratum& erratum, const ErratumKey& key,
                     const std::vector<ClaimPlace>& places, std::vector<ClaimReport>& claims) {
  std::vector<ClaimReport*> named;
  bool needed = false;
  for (std::size_t k = 0; k < claims.size(); ++k) {
    if (!same_table(key, places[k])) {
      continue;
    }
    const std::vector<std::size_t> covered = covered_entries(erratum, key, places[k], claims[k]);
    if (!covered.empty()) {
      named.push_back(&claims[k]);
      needed = mark(erratum, covered, claims[k]) || needed;
    }
  }
  if (named.empty()) {
    names_no_claim(erratum);
  }
  for (ClaimReport* claim : named) {
    claim->stale_erratum = claim->stale_erratum || !needed;
  }
}

void apply_to_derivation(const Erratum& erratum, const ErratumKey& key,
                         std::vector<StatementReport>& derivation) {
  const auto named = std::ranges::find_if(derivation, [&](const StatementReport& statement) {
    return "d" + statement.name == key.claim;
  });
  if (named == derivation.end()) {
    names_no_claim(erratum);
  }
  named->erratum = named->verdict != StatementVerdict::agree;
  named->stale_erratum = !named->erratum;
  named->erratum_reason = erratum.reason;
}

}  // namespace

void apply_errata(const std::vector<Erratum>& errata, const std::vector<ClaimPlace>& places,
                  std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation) {
  for (const Erratum& erratum : errata) {
    const ErratumKey key = parse_key(erratum);
    if (key.table == "derivation" && !key.after) {
      apply_to_derivation(erratum, key, derivation);
    } else {
      apply_to_claims(erratum, key, places, claims);
    }
  }
}

}  // namespace gradcheck
