#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/claims.hpp>
#include <gradcheck/cases/errata.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/place.hpp>

namespace gradcheck {

namespace {

/// "after[1].forward.L[0]" taken apart.
struct ErratumKey {
  std::optional<std::size_t> after;
  std::string table;  ///< "forward", ..., "derivation"
  std::vector<Reference> references;
  std::string_view rest;  ///< what follows the table
};

/// The key that covers all of a claim.
std::string key_of(const PlannedClaim& plan) {
  std::string key = plan.after ? "after[" + std::to_string(plan.steps) + "]." : "";
  key += std::string(to_string(plan.claim->kind)) + "." + plan.parts[0].name;
  return plan.parts.size() == 1 ? key : key + "/" + plan.parts[1].name;
}

std::string key_of(const StatementReport& statement) { return "derivation." + statement.target; }

/// An erratum and all that it may be about.
class Matcher {
 public:
  Matcher(const Erratum& erratum, const std::vector<PlannedClaim>& plans,
          std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation)
      : erratum_(erratum), plans_(plans), claims_(claims), derivation_(derivation) {}

  void apply() {
    ErratumKey key = parse_table();
    if (apply_to_own_keys(key)) {
      return;
    }
    parse_references_of(key);
    if (key.table == "derivation" && !key.after) {
      apply_to_derivation(key);
    } else {
      apply_to_claims(key);
    }
  }

 private:
  [[noreturn]] void names_no_claim() const {
    std::vector<std::string> known;
    for (const PlannedClaim& plan : plans_) {
      known.push_back(key_of(plan));
    }
    for (const StatementReport& statement : derivation_) {
      known.push_back(key_of(statement));
    }
    const std::string nearest = nearest_name(erratum_.key, known);
    throw LocatedError(erratum_.at,
                       "errata: '" + shortened(erratum_.key) + "' names no claim of this file, " +
                           (nearest.empty() || nearest == erratum_.key
                                ? "expected such as 'updated.W[1, 1]', 'jacobian.y/x[0, 1]', "
                                  "'after[1].forward.L' or 'derivation.dz'"
                                : "did you mean '" + nearest + "'?"));
  }

  /// Takes "after[N]." off the key's beginning.
  std::optional<std::size_t> parse_after(std::string_view& rest) const {
    constexpr std::string_view opening = "after[";
    if (!rest.starts_with(opening)) {
      return std::nullopt;
    }
    const std::size_t end = rest.find("].");
    std::size_t steps = 0;
    const char* const digits = rest.data() + opening.size();
    if (end == std::string_view::npos ||
        std::from_chars(digits, rest.data() + end, steps).ptr != rest.data() + end) {
      names_no_claim();
    }
    rest.remove_prefix(end + 2);
    return steps;
  }

  ErratumKey parse_table() const {
    ErratumKey key;
    std::string_view rest = erratum_.key;
    key.after = parse_after(rest);
    constexpr std::string_view numeric = "numeric.";
    const std::size_t dot = rest.find('.', rest.starts_with(numeric) ? numeric.size() : 0);
    if (dot == std::string_view::npos) {
      names_no_claim();
    }
    key.table = rest.substr(0, dot);
    rest.remove_prefix(dot + 1);
    key.rest = rest;
    return key;
  }

  void parse_references_of(ErratumKey& key) const {
    const std::string_view before(erratum_.key.data(), erratum_.key.size() - key.rest.size());
    key.references =
        parse_references(key.rest, key.table == "jacobian", after(erratum_.at, before));
  }

  static bool same_table(const ErratumKey& key, const PlannedClaim& plan) {
    return key.table == to_string(plan.claim->kind) && key.after.has_value() == plan.after &&
           (!key.after || *key.after == plan.steps);
  }

  /// A claim's own key covers all of it; an index behind the key of a Jacobian, or behind a key
  /// that has one itself, is one of the array as printed. False if the key is of neither form.
  bool apply_to_own_keys(const ErratumKey& key) {
    std::vector<std::pair<std::size_t, std::vector<bool>>> covered;
    for (std::size_t k = 0; k < plans_.size(); ++k) {
      const std::string& own = plans_[k].claim->key;
      if (!same_table(key, plans_[k]) || !key.rest.starts_with(own)) {
        continue;
      }
      const std::string_view index = key.rest.substr(own.size());
      const bool of_printout = index.starts_with('[') && own.find_first_of("/[") != own.npos;
      if (index.empty() || of_printout) {
        covered.emplace_back(k, printed_entries(claims_[k].shape, index));
      }
    }
    if (!covered.empty()) {
      mark_all(covered);
    }
    return !covered.empty();
  }

  std::vector<bool> printed_entries(const Shape& printed, std::string_view index) const {
    std::vector<bool> inside(entries_of(printed), index.empty());
    if (!index.empty()) {
      const auto reference = parse_reference("x" + std::string(index), erratum_.at);
      for (const std::size_t position :
           select_at(printed, reference.second, erratum_.key, erratum_.at).positions) {
        inside[position] = true;
      }
    }
    return inside;
  }

  static bool whole(const ErratumKey& key) {
    return std::ranges::all_of(key.references, [](const Reference& r) { return r.second.empty(); });
  }

  /// The positions that the key covers, in order; of a key without subscripts all.
  std::vector<std::size_t> covered(const ErratumKey& key, const PlannedClaim& plan) const {
    std::vector<Part> parts = plan.parts;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      parts[k].selection =
          select_at(parts[k].shape, key.references[k].second, erratum_.key, erratum_.at);
    }
    std::vector<std::size_t> positions = positions_of(parts);
    std::ranges::sort(positions);
    return positions;
  }

  static bool same_claim(const ErratumKey& key, const PlannedClaim& plan) {
    const auto same_name = [](const Part& part, const Reference& r) {
      return part.name == r.first;
    };
    return same_table(key, plan) && std::ranges::equal(plan.parts, key.references, same_name);
  }

  /// Which entries of a claim the key covers, one each.
  std::vector<bool> covered_entries(const ErratumKey& key, const PlannedClaim& plan) const {
    const std::vector<std::size_t> claimed = positions_of(plan.parts);
    std::vector<bool> inside(claimed.size(), true);
    if (!whole(key)) {
      const std::vector<std::size_t> positions = covered(key, plan);
      for (std::size_t k = 0; k < claimed.size(); ++k) {
        inside[k] = std::ranges::binary_search(positions, claimed[k]);
      }
    }
    return inside;
  }

  /// Marks what the erratum covers in one claim; returns whether any of it is not right.
  bool mark(const std::vector<bool>& inside, ClaimReport& claim) const {
    bool needed = false;
    for (Finding& finding : claim.findings) {
      if (!finding.index || inside[finding.entry]) {
        needed = true;
        finding.erratum = finding.verdict == ClaimVerdict::wrong;
        finding.erratum_key = erratum_.key;
        finding.reason = erratum_.reason;
      }
    }
    return needed;
  }

  void apply_to_claims(const ErratumKey& key) {
    std::vector<std::pair<std::size_t, std::vector<bool>>> covered;
    for (std::size_t k = 0; k < plans_.size(); ++k) {
      if (same_claim(key, plans_[k])) {
        std::vector<bool> inside = covered_entries(key, plans_[k]);
        if (std::ranges::count(inside, true) > 0) {
          covered.emplace_back(k, std::move(inside));
        }
      }
    }
    if (covered.empty()) {
      names_no_claim();
    }
    mark_all(covered);
  }

  /// Marks the entries of several claims that one key covers; if none needs it, it is stale.
  void mark_all(const std::vector<std::pair<std::size_t, std::vector<bool>>>& covered) {
    bool needed = false;
    for (const auto& [k, inside] : covered) {
      needed = mark(inside, claims_[k]) || needed;
    }
    for (const auto& [k, inside] : covered) {
      claims_[k].stale_erratum = claims_[k].stale_erratum || !needed;
    }
  }

  void apply_to_derivation(const ErratumKey& key) {
    const auto named = std::ranges::find_if(derivation_, [&](const StatementReport& statement) {
      return whole(key) && statement.target == key.references[0].first;
    });
    if (named == derivation_.end()) {
      names_no_claim();
    }
    named->erratum = named->verdict == StatementVerdict::disagree ||
                     named->verdict == StatementVerdict::inherited;
    named->stale_erratum = named->verdict == StatementVerdict::agree;
    named->erratum_reason = erratum_.reason;
  }

  const Erratum& erratum_;
  const std::vector<PlannedClaim>& plans_;
  std::vector<ClaimReport>& claims_;
  std::vector<StatementReport>& derivation_;
};

}  // namespace

void apply_errata(const std::vector<Erratum>& errata, const std::vector<PlannedClaim>& plans,
                  std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation,
                  Mistakes& mistakes) {
  for (const Erratum& erratum : errata) {
    mistakes.attempt([&] { Matcher(erratum, plans, claims, derivation).apply(); });
  }
}

}  // namespace gradcheck
