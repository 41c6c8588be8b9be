#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/derivation_lines.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/language.hpp>
#include <gradcheck/network/place.hpp>
#include <gradcheck/network/read_statements.hpp>

namespace gradcheck {

namespace {

/// Where an expression first reads a name.
std::optional<Position> place_of(const std::string& name, const Expression& e) {
  if (e.kind == Expression::Kind::name && e.text == name) {
    return e.at;
  }
  std::optional<Position> place;
  for (auto child = e.children.begin(); child != e.children.end() && !place; ++child) {
    place = place_of(name, *child);
  }
  for (auto word = e.keywords.begin(); word != e.keywords.end() && !place; ++word) {
    place = place_of(name, word->value);
  }
  return place;
}

class LineReader {
 public:
  explicit LineReader(const Network& network) : network_(network) {}

  DerivationLines read(const Program& derivation) {
    ReadStatements read = read_statements(derivation.text, derivation.at);
    const bool whole = read.mistakes.all().empty();
    if (whole && read.statements.empty()) {
      found_.mistakes.add(
          {derivation.at, "the derivation has no statements, expected at least one"});
    }
    found_.mistakes.add(read.mistakes);
    lost_ = std::move(read.lost.names);
    for (const Statement& statement : read.statements) {
      for (const std::string& target : statement.targets) {
        to_come_.emplace(target, statement.at);
      }
    }
    for (const Statement& statement : read.statements) {
      if (!found_.mistakes.attempt([&] { add(statement); })) {
        lose(statement);
      }
    }
    if (whole) {
      require_read();
    }
    return std::move(found_);
  }

 private:
  void add(const Statement& statement) {
    if (statement.targets.size() != 1) {
      throw LocatedError(statement.at, "a derivation assigns one name at a time");
    }
    DerivationLine line;
    line.statement = statement;
    line.target = statement.targets[0];
    require_new(line);
    line.claims = claimed_by(network_, line.target);
    if (line.claims) {
      require_gradient(network_, *line.claims, statement.at);
    }
    line.reads = read_by(statement.value);
    line.lost = reads_what_is_lost(statement.value);
    assigned_.insert(line.target);
    found_.lines.push_back(std::move(line));
  }

  void require_new(const DerivationLine& line) const {
    const Position at = line.statement.at;
    if (network_.find(line.target)) {
      throw LocatedError(at,
                         "'" + line.target + "' is a value of the network, expected a new name");
    }
    if (assigned_.contains(line.target)) {
      throw LocatedError(at, "'" + line.target + "' is assigned twice, expected a new name");
    }
  }

  bool is_known(const std::string& name) const {
    return network_.find(name).has_value() || assigned_.contains(name);
  }

  /// What a line with a mistake would have assigned, and what it reads all the same.
  void lose(const Statement& statement) {
    std::ranges::copy_if(statement.targets, std::inserter(lost_, lost_.end()),
                         [&](const std::string& target) { return !is_known(target); });
    const std::vector<std::string> names = names_in(statement.value);
    read_by_lost_.insert(names.begin(), names.end());
  }

  /// Tells of names that are assigned too late.
  bool reads_what_is_lost(const Expression& value) {
    bool lost = false;
    for (const std::string& name : names_in(value)) {
      const auto later = to_come_.find(name);
      if (is_known(name) || (later == to_come_.end() && !lost_.contains(name))) {
        continue;
      }
      lost = true;
      if (!lost_.contains(name)) {
        found_.mistakes.add(
            {place_of(name, value).value_or(value.at),
             "'" + name + "' is used before it is assigned, at " + to_string(later->second)});
      }
    }
    return lost;
  }

  std::vector<std::size_t> read_by(const Expression& value) const {
    const std::vector<std::string> names = names_in(value);
    std::vector<std::size_t> lines;
    for (std::size_t k = 0; k < found_.lines.size(); ++k) {
      if (std::ranges::count(names, found_.lines[k].target) > 0) {
        lines.push_back(k);
      }
    }
    return lines;
  }

  /// Every helper must lead to a claim.
  void require_read() {
    for (std::size_t k = 0; k < found_.lines.size(); ++k) {
      const DerivationLine& line = found_.lines[k];
      const auto leads_on = [&](const DerivationLine& one) {
        return one.claims || read_by_lost_.contains(one.target);
      };
      const bool read = std::ranges::any_of(readers_of(found_.lines, k), [&](std::size_t reader) {
        return leads_on(found_.lines[reader]);
      });
      if (!read && !leads_on(line)) {
        found_.mistakes.add({line.statement.at, unread(line)});
      }
    }
  }

  std::string unread(const DerivationLine& line) const {
    std::vector<std::string> free;
    for (const auto& [name, id] : network_.names()) {
      if (!assigned_.contains("d" + name) && network_.value(id).role != Role::constant &&
          !network_.find("d" + name)) {
        free.push_back("d" + name);
      }
    }
    std::string nearest = nearest_name(line.target, free);
    if (nearest.empty()) {
      const std::vector<std::string> taken(assigned_.begin(), assigned_.end());
      std::vector<std::string> others;
      std::ranges::copy_if(taken, std::back_inserter(others),
                           [&](const std::string& name) { return name != line.target; });
      nearest = nearest_name(line.target, others);
    }
    return "'" + line.target +
           "' is the gradient of no value of the network, and no gradient here follows from it" +
           (nearest.empty() ? "" : ", did you mean '" + nearest + "'?");
  }

  const Network& network_;
  DerivationLines found_;
  std::set<std::string> assigned_;
  std::set<std::string> lost_;               ///< that lines with a mistake would have assigned
  std::set<std::string> read_by_lost_;       ///< that those read
  std::map<std::string, Position> to_come_;  ///< where each name is assigned
};

}  // namespace

DerivationLines read_derivation(const Program& derivation, const Network& network) {
  return LineReader(network).read(derivation);
}

std::vector<std::size_t> helpers_of(const std::vector<DerivationLine>& lines, std::size_t line) {
  std::set<std::size_t> helpers;
  std::vector<std::size_t> open = lines[line].reads;
  while (!open.empty()) {
    const std::size_t next = open.back();
    open.pop_back();
    if (!lines[next].claims && helpers.insert(next).second) {
      open.insert(open.end(), lines[next].reads.begin(), lines[next].reads.end());
    }
  }
  return {helpers.begin(), helpers.end()};
}

std::vector<std::size_t> readers_of(const std::vector<DerivationLine>& lines, std::size_t helper) {
  std::vector<bool> follows(lines.size());
  std::vector<std::size_t> readers;
  follows[helper] = true;
  for (std::size_t k = helper + 1; k < lines.size(); ++k) {
    const bool reads = std::ranges::any_of(lines[k].reads, [&](std::size_t earlier) {
      return follows[earlier] && (earlier == helper || !lines[earlier].claims);
    });
    follows[k] = reads;
    if (reads) {
      readers.push_back(k);
    }
  }
  return readers;
}

}  // namespace gradcheck
