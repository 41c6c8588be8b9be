#include <algorithm>
#include <utility>

#include <gradcheck/cases/numbers.hpp>
#include <gradcheck/cases/read_claims.hpp>
#include <gradcheck/network/mistakes.hpp>
#include <gradcheck/tensor/limits.hpp>

namespace gradcheck {
namespace {

const std::vector<std::pair<std::string, Claim::Kind>>& kinds() {
  static const std::vector<std::pair<std::string, Claim::Kind>> all{
      {"forward", Claim::Kind::forward},   {"gradient", Claim::Kind::gradient},
      {"updated", Claim::Kind::updated},   {"change", Claim::Kind::change},
      {"jacobian", Claim::Kind::jacobian},
  };
  return all;
}

void read_each(const TableReader& table, Claim::Kind kind, const DifferenceScheme& scheme,
               std::vector<Claim>& claims) {
  Mistakes mistakes;
  for (const Entry& claim : table.entries()) {
    mistakes.attempt([&] {
      claims.push_back({kind, claim.key, claim.at, read_written(table, claim), scheme});
    });
  }
  mistakes.throw_any();
}

// The claims under one key of `table`, if that is the name of a kind.
void read_kind(const TableReader& table, const Entry& entry, std::vector<Claim>& claims) {
  const auto kind =
      std::ranges::find(kinds(), entry.key, &std::pair<std::string, Claim::Kind>::first);
  if (kind != kinds().end()) {
    read_each(table.table(entry), kind->second, {}, claims);
  }
}

void read_after_entry(const TableReader& table, CaseFile& file) {
  Mistakes mistakes;
  mistakes.attempt([&] {
    table.allow({"steps", "forward", "gradient", "updated", "change"}, {"steps"});
  });
  ClaimsAfter after;
  after.at = table.at();
  const std::string wanted = "an integer from 0 to " + std::to_string(max_steps);
  mistakes.attempt([&] {
    if (const Entry* steps = table.find("steps")) {
      after.steps = static_cast<std::size_t>(table.integer(*steps, 0, max_steps, wanted));
    }
  });
  const bool known = mistakes.all().empty();
  for (const Entry& entry : table.entries()) {
    mistakes.attempt([&] { read_kind(table, entry, after.claims); });
  }
  for (Claim& claim : after.claims) {
    claim.judged = known;
  }
  file.after.push_back(std::move(after));
  mistakes.throw_any();
}

void read_after(const TableReader& table, const Entry& entry, CaseFile& file) {
  const toml::array* items = entry.node->as_array();
  if (items == nullptr) {
    table.fail(entry, "tables headed [[claims.after]]");
  }
  Mistakes mistakes;
  for (const toml::node& item : *items) {
    const Position at{item.source().begin.line, item.source().begin.column};
    mistakes.attempt([&] {
      if (!item.is_table()) {
        table.fail_at(at, entry.key + " has " + table.shown(item) +
                              ", expected tables headed [[claims.after]]");
      }
      read_after_entry({*item.as_table(), table.path(entry.key), at, table.source()}, file);
    });
  }
  mistakes.throw_any();
}

/// [claims.numeric]: what a source got by differences, with how.
void read_numeric(const TableReader& table, std::vector<Claim>& claims) {
  Mistakes mistakes;
  mistakes.attempt([&] {
    table.allow({"method", "step", "gradient", "relative_error"}, {"step"});
  });
  DifferenceScheme scheme;
  mistakes.attempt([&] {
    if (const Entry* step = table.find("step")) {
      scheme.step = table.number(*step, "a finite number above 0", [](double x) { return x > 0; });
    }
  });
  mistakes.attempt([&] {
    const Entry* method = table.find("method");
    scheme.forward = method != nullptr && table.word(*method, {"central", "forward"}) == "forward";
  });
  const bool known = mistakes.all().empty();
  const std::size_t before = claims.size();
  for (const auto& [name, kind] : {std::pair("gradient", Claim::Kind::numeric_gradient),
                                   std::pair("relative_error", Claim::Kind::relative_error)}) {
    mistakes.attempt([&, its_kind = kind, entry = table.find(name)] {
      if (entry != nullptr) {
        read_each(table.table(*entry), its_kind, scheme, claims);
      }
    });
  }
  for (std::size_t k = before; k < claims.size(); ++k) {
    claims[k].judged = known;
  }
  mistakes.throw_any();
}

void read_claims_entry(const TableReader& table, const Entry& entry, CaseFile& file) {
  if (entry.key == "numeric") {
    read_numeric(table.table(entry), file.claims);
  } else if (entry.key == "after") {
    read_after(table, entry, file);
  } else {
    read_kind(table, entry, file.claims);
  }
}

void read_erratum(const TableReader& table, const Entry& entry, const std::string& key, Position at,
                  CaseFile& file) {
  if (entry.node->is_table()) {
    const TableReader inner = table.table(entry);
    for (const Entry& part : inner.entries()) {
      read_erratum(inner, part, key + "." + part.key, at, file);
    }
    return;
  }
  const std::string wanted = "the reason, a text";
  const std::string reason = table.text(entry, wanted);
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos) {
    table.fail(entry, wanted);
  }
  file.errata.push_back({key, reason, at});
}

}  // namespace

void read_claim_precision(const TableReader& table, CaseFile& file) {
  std::vector<std::string> known;
  for (const auto& kind : kinds()) {
    known.push_back(kind.first);
  }
  known.insert(known.end(), {"after", "numeric", "tolerance", "strict"});
  Mistakes mistakes;
  mistakes.attempt([&] { table.allow(known); });
  mistakes.attempt([&] {
    if (const Entry* tolerance = table.find("tolerance")) {
      file.tolerance =
          table.number(*tolerance, "a finite number from 0", [](double x) { return x >= 0; });
    }
  });
  mistakes.attempt([&] {
    if (const Entry* strict = table.find("strict")) {
      file.strict = table.truth(*strict);
    }
  });
  mistakes.throw_any();
}

void read_claims(const TableReader& table, CaseFile& file) {
  Mistakes mistakes;
  for (const Entry& entry : table.entries()) {
    mistakes.attempt([&] { read_claims_entry(table, entry, file); });
  }
  mistakes.throw_any();
}

void read_errata(const TableReader& table, CaseFile& file) {
  Mistakes mistakes;
  for (const Entry& entry : table.entries()) {
    mistakes.attempt([&] { read_erratum(table, entry, entry.key, entry.at, file); });
  }
  mistakes.throw_any();
}

}  // namespace gradcheck
