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

// The claims under one key of `table`, if that is the name of a kind.
bool read_kind(const TableReader& table, const Entry& entry, std::vector<Claim>& claims) {
  for (const auto& [name, its_kind] : kinds()) {
    if (name == entry.key) {
      const Claim::Kind kind = its_kind;
      const TableReader inner = table.table(entry);
      Mistakes mistakes;
      for (const Entry& claim : inner.entries()) {
        mistakes.attempt([&] {
          claims.push_back({kind, claim.key, claim.at, read_written(inner, claim), {}});
        });
      }
      mistakes.throw_any();
      return true;
    }
  }
  return false;
}

ClaimsAfter read_after_entry(const TableReader& table) {
  table.allow({"steps", "forward", "gradient", "updated", "change"});
  ClaimsAfter after;
  after.at = table.at();
  const std::string wanted = "an integer from 0 to " + std::to_string(max_steps);
  after.steps = static_cast<std::size_t>(table.integer(table.need("steps"), 0, max_steps, wanted));
  for (const Entry& entry : table.entries()) {
    read_kind(table, entry, after.claims);
  }
  return after;
}

void read_after(const TableReader& table, const Entry& entry, CaseFile& file) {
  const toml::array* items = entry.node->as_array();
  if (items == nullptr) {
    table.fail(entry, "tables headed [[claims.after]]");
  }
  for (const toml::node& item : *items) {
    const Position at{item.source().begin.line, item.source().begin.column};
    if (!item.is_table()) {
      table.fail_at(at, entry.key + " has " + table.shown(item) +
                            ", expected tables headed [[claims.after]]");
    }
    file.after.push_back(
        read_after_entry({*item.as_table(), table.path(entry.key), at, table.source()}));
  }
}

/// [claims.numeric]: what a source got by differences, with how.
void read_numeric(const TableReader& table, std::vector<Claim>& claims) {
  table.allow({"method", "step", "gradient", "relative_error"});
  DifferenceScheme scheme;
  scheme.step =
      table.number(table.need("step"), "a finite number above 0", [](double x) { return x > 0; });
  if (const Entry* method = table.find("method")) {
    const std::string wanted = "\"central\" or \"forward\"";
    const std::string word = table.text(*method, wanted);
    if (word != "central" && word != "forward") {
      table.fail(*method, wanted);
    }
    scheme.forward = word == "forward";
  }
  for (const auto& [name, kind] : {std::pair("gradient", Claim::Kind::numeric_gradient),
                                   std::pair("relative_error", Claim::Kind::relative_error)}) {
    if (const Entry* entry = table.find(name)) {
      const TableReader inner = table.table(*entry);
      for (const Entry& claim : inner.entries()) {
        claims.push_back({kind, claim.key, claim.at, read_written(inner, claim), scheme});
      }
    }
  }
}

void read_claims_entry(const TableReader& table, const Entry& entry, CaseFile& file) {
  if (entry.key == "tolerance") {
    file.tolerance = table.number(entry, "a finite number from 0", [](double x) { return x >= 0; });
  } else if (entry.key == "strict") {
    file.strict = table.truth(entry);
  } else if (entry.key == "numeric") {
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

void read_claims(const TableReader& table, CaseFile& file) {
  std::vector<std::string> known;
  for (const auto& kind : kinds()) {
    known.push_back(kind.first);
  }
  known.insert(known.end(), {"after", "numeric", "tolerance", "strict"});
  table.allow(known);
  Mistakes mistakes;
  for (const Entry& entry : table.entries()) {
    mistakes.attempt([&] { read_claims_entry(table, entry, file); });
  }
  mistakes.throw_any();
}

void read_errata(const TableReader& table, CaseFile& file) {
  for (const Entry& entry : table.entries()) {
    read_erratum(table, entry, entry.key, entry.at, file);
  }
}

}  // namespace gradcheck
