#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

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

/// "after[1].forward." of a claim or of an erratum's key.
std::string table_text(std::optional<std::size_t> after, const std::string& table) {
  return (after ? "after[" + std::to_string(*after) + "]." : "") + table + ".";
}

std::string table_of(const PlannedClaim& plan) {
  return table_text(plan.after ? std::optional(plan.steps) : std::nullopt,
                    to_string(plan.claim->kind));
}

/// The key that covers all of a claim.
std::string key_of(const PlannedClaim& plan) {
  const std::string key = table_of(plan) + plan.parts[0].name;
  return plan.parts.size() == 1 ? key : key + "/" + plan.parts[1].name;
}

std::string key_of(const ErratumKey& key) {
  const std::string name = table_text(key.after, key.table) + key.references[0].first;
  return key.references.size() == 1 ? name : name + "/" + key.references[1].first;
}

std::string key_of(const StatementReport& statement) { return "derivation." + statement.target; }

/// What an erratum covers of one claim.
struct Covered {
  std::size_t claim = 0;
  bool all = false;
  std::vector<std::size_t> entries;  ///< otherwise
};

/// The claims about one value, or Jacobian, of one table.
class NamedClaims {
 public:
  void add(std::size_t claim, const PlannedClaim& plan) {
    const bool whole = plan.claim->key.find('[') == std::string::npos;
    (whole ? whole_ : partial_).push_back(claim);
    parts_ = &plan.parts;
    if (!whole) {
      const std::vector<std::size_t> positions = positions_of(plan.parts);
      for (std::size_t entry = 0; entry < positions.size(); ++entry) {
        entries_[positions[entry]].emplace_back(claim, entry);
      }
    }
  }

  /// The value, as any of the claims has it.
  const std::vector<Part>& parts() const { return *parts_; }

  std::vector<Covered> all() const {
    std::vector<Covered> covered;
    for (const std::vector<std::size_t>* claims : {&whole_, &partial_}) {
      for (const std::size_t claim : *claims) {
        covered.push_back({claim, true, {}});
      }
    }
    return covered;
  }

  /// What the claims have of these positions in the value.
  std::vector<Covered> at(const std::vector<std::size_t>& positions) const {
    std::map<std::size_t, std::vector<std::size_t>> by_claim;
    for (const std::size_t position : positions) {
      for (const std::size_t claim : whole_) {
        by_claim[claim].push_back(position);
      }
      if (const auto found = entries_.find(position); found != entries_.end()) {
        for (const auto& [claim, entry] : found->second) {
          by_claim[claim].push_back(entry);
        }
      }
    }
    std::vector<Covered> covered;
    for (auto& [claim, entries] : by_claim) {
      covered.push_back({claim, false, std::move(entries)});
    }
    return covered;
  }

 private:
  std::vector<std::size_t> whole_;    ///< whose entries are the value's, in its order
  std::vector<std::size_t> partial_;  ///< whose keys have an index
  /// By position in the value: the partial claims that have it, and which entry of theirs it is.
  std::unordered_map<std::size_t, std::vector<std::pair<std::size_t, std::size_t>>> entries_;
  const std::vector<Part>* parts_ = nullptr;
};

/// All that errata may be about, by key.
class Claimed {
 public:
  Claimed(const std::vector<PlannedClaim>& plans, const std::vector<StatementReport>& derivation) {
    for (std::size_t k = 0; k < plans.size(); ++k) {
      own_[table_of(plans[k]) + plans[k].claim->key].push_back(k);
      named_[key_of(plans[k])].add(k, plans[k]);
    }
    for (std::size_t k = 0; k < derivation.size(); ++k) {
      statements_.emplace(key_of(derivation[k]), k);
    }
  }

  /// The claims with that key in that table, as the file writes it.
  const std::vector<std::size_t>& with_own_key(const std::string& key) const {
    static const std::vector<std::size_t> none;
    const auto found = own_.find(key);
    return found == own_.end() ? none : found->second;
  }
  /// Null where nothing of that name is claimed.
  const NamedClaims* named(const std::string& key) const {
    const auto found = named_.find(key);
    return found == named_.end() ? nullptr : &found->second;
  }
  std::optional<std::size_t> statement(const std::string& key) const {
    const auto found = statements_.find(key);
    return found == statements_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const auto& entry : named_) {
      all.push_back(entry.first);
    }
    for (const auto& entry : statements_) {
      all.push_back(entry.first);
    }
    return all;
  }

 private:
  std::unordered_map<std::string, std::vector<std::size_t>> own_;
  std::map<std::string, NamedClaims> named_;
  std::map<std::string, std::size_t> statements_;
};

/// An erratum and all that it may be about.
class Matcher {
 public:
  Matcher(const Erratum& erratum, const Claimed& claimed, std::vector<ClaimReport>& claims,
          std::vector<StatementReport>& derivation)
      : erratum_(erratum), claimed_(claimed), claims_(claims), derivation_(derivation) {}

  void apply() {
    ErratumKey key = parse_table();
    std::vector<Covered> covered = covered_by_own_keys(key);
    if (!covered.empty()) {
      mark_all(covered);
      return;
    }
    parse_references_of(key);
    if (key.table == "derivation" && !key.after) {
      apply_to_derivation(key);
    } else {
      mark_all(covered_by_name(key));
    }
  }

 private:
  [[noreturn]] void names_no_claim() const {
    const std::string nearest = nearest_name(erratum_.key, claimed_.keys());
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

  /// A claim's own key covers all of it; an index behind the key of a Jacobian, or behind a key
  /// that has one itself, is one of the array as printed. Nothing if the key is of neither form.
  std::vector<Covered> covered_by_own_keys(const ErratumKey& key) const {
    const std::string table = table_text(key.after, key.table);
    std::vector<Covered> covered;
    for (const std::size_t claim : claimed_.with_own_key(table + std::string(key.rest))) {
      covered.push_back({claim, true, {}});
    }
    for (std::size_t at = key.rest.find('['); at != std::string_view::npos;
         at = key.rest.find('[', at + 1)) {
      const std::string_view own = key.rest.substr(0, at);
      if (own.find_first_of("/[") != std::string_view::npos) {
        for (const std::size_t claim : claimed_.with_own_key(table + std::string(own))) {
          covered.push_back({claim, false, printed_entries(claim, key.rest.substr(at))});
        }
      }
    }
    return covered;
  }

  std::vector<std::size_t> printed_entries(std::size_t claim, std::string_view index) const {
    const auto reference = parse_reference("x" + std::string(index), erratum_.at);
    return select_at(claims_[claim].shape, reference.second, erratum_.key, erratum_.at).positions;
  }

  static bool whole(const ErratumKey& key) {
    return std::ranges::all_of(key.references, [](const Reference& r) { return r.second.empty(); });
  }

  std::vector<Covered> covered_by_name(const ErratumKey& key) const {
    const NamedClaims* const named = claimed_.named(key_of(key));
    if (named == nullptr) {
      names_no_claim();
    }
    std::vector<Covered> covered = whole(key) ? named->all() : named->at(positions(key, *named));
    if (covered.empty()) {
      names_no_claim();
    }
    return covered;
  }

  /// The positions in the claimed value that the key covers.
  std::vector<std::size_t> positions(const ErratumKey& key, const NamedClaims& named) const {
    std::vector<Part> parts = named.parts();
    for (std::size_t k = 0; k < parts.size(); ++k) {
      parts[k].selection =
          select_at(parts[k].shape, key.references[k].second, erratum_.key, erratum_.at);
    }
    return positions_of(parts);
  }

  /// Marks the entries of several claims that one key covers; if none needs it, it is stale.
  void mark_all(const std::vector<Covered>& covered) {
    bool needed = false;
    for (const Covered& one : covered) {
      needed = mark(one) || needed;
    }
    for (const Covered& one : covered) {
      claims_[one.claim].stale_erratum = claims_[one.claim].stale_erratum || !needed;
    }
  }

  /// Marks what the erratum covers in one claim; returns whether any of it is not right. Findings
  /// are in the order of their entries; a wrong shape is one finding for all.
  bool mark(const Covered& covered) {
    std::vector<Finding>& findings = claims_[covered.claim].findings;
    if (covered.all || (findings.size() == 1 && !findings[0].index)) {
      std::ranges::for_each(findings, [this](Finding& finding) { mark(finding); });
      return !findings.empty();
    }
    bool needed = false;
    for (const std::size_t entry : covered.entries) {
      const auto found = std::ranges::lower_bound(findings, entry, {}, &Finding::entry);
      if (found != findings.end() && found->entry == entry) {
        mark(*found);
        needed = true;
      }
    }
    return needed;
  }

  void mark(Finding& finding) const {
    finding.erratum = finding.verdict == ClaimVerdict::wrong;
    finding.erratum_key = erratum_.key;
    finding.reason = erratum_.reason;
  }

  void apply_to_derivation(const ErratumKey& key) {
    const std::optional<std::size_t> found = claimed_.statement(key_of(key));
    if (!found || !whole(key)) {
      names_no_claim();
    }
    StatementReport& named = derivation_[*found];
    named.erratum =
        named.verdict == StatementVerdict::disagree || named.verdict == StatementVerdict::inherited;
    named.stale_erratum = named.verdict == StatementVerdict::agree;
    named.erratum_reason = erratum_.reason;
  }

  const Erratum& erratum_;
  const Claimed& claimed_;
  std::vector<ClaimReport>& claims_;
  std::vector<StatementReport>& derivation_;
};

}  // namespace

void apply_errata(const std::vector<Erratum>& errata, const std::vector<PlannedClaim>& plans,
                  std::vector<ClaimReport>& claims, std::vector<StatementReport>& derivation,
                  Mistakes& mistakes) {
  if (errata.empty()) {
    return;
  }
  const Claimed claimed(plans, derivation);
  for (const Erratum& erratum : errata) {
    mistakes.attempt([&] { Matcher(erratum, claimed, claims, derivation).apply(); });
  }
}

}  // namespace gradcheck
