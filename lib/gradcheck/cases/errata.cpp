#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/errata.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

namespace {

/// "after[1].forward.L[0]" taken apart.
struct ErratumKey {
  std::optional<std::size_t> after;
  std::string table;  ///< "forward", ..., "derivation"
  std::string name;
  std::vector<Subscript> subscripts;
};

[[noreturn]] void names_no_claim(const Erratum& erratum) {
  throw LocatedError(erratum.at, "errata: '" + erratum.key +
                                     "' names no claim of this file, expected such as " +
                                     "'updated.W[1, 1]', 'after[1].forward.L' or 'derivation.dz'");
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
  const std::size_t bracket = rest.find('[');
  key.name = rest.substr(0, bracket);
  while (!key.name.empty() && key.name.back() == ' ') {
    key.name.pop_back();
  }
  if (bracket != std::string_view::npos) {
    key.subscripts = parse_reference("x" + std::string(rest.substr(bracket)), erratum.at).second;
  }
  return key;
}

bool same_claim(const ErratumKey& key, const ClaimPlace& place) {
  return key.table == to_string(place.kind) && key.name == place.name &&
         key.after.has_value() == place.after && (!key.after || *key.after == place.steps);
}

/// The positions in the tensor that the erratum covers.
std::vector<std::size_t> covered_positions(const Erratum& erratum, const ErratumKey& key,
                                           const Shape& shape) {
  try {
    return select(shape, key.subscripts).positions;
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    throw LocatedError(erratum.at, std::string("errata: ") + error.what());
  }
}

/// Marks what the erratum covers in one claim; returns whether any of it is not right.
bool mark(const Erratum& erratum, const ErratumKey& key, const ClaimPlace& place,
          ClaimReport& claim) {
  std::vector<std::size_t> covered;
  if (!key.subscripts.empty()) {
    covered = covered_positions(erratum, key, place.shape);
  }
  bool needed = false;
  for (Finding& finding : claim.findings) {
    const bool inside = key.subscripts.empty() || !finding.index ||
                        std::ranges::count(covered, place.positions[finding.entry]) != 0;
    if (inside) {
      needed = true;
      finding.erratum = finding.verdict == ClaimVerdict::wrong;
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
    if (same_claim(key, places[k])) {
      named.push_back(&claims[k]);
      needed = mark(erratum, key, places[k], claims[k]) || needed;
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
    return "d" + statement.name == key.name;
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
