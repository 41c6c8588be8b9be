#include <algorithm>
#include <set>

#include <gradcheck/cases/case_network.hpp>
#include <gradcheck/cases/derivation_lines.hpp>
#include <gradcheck/layers/library.hpp>
#include <gradcheck/network/language.hpp>

namespace gradcheck {

namespace {

class LineReader {
 public:
  explicit LineReader(const Network& network) : network_(network) {}

  DerivationLines read(const Program& derivation) {
    std::vector<Statement> statements;
    found_.mistakes.attempt([&] { statements = parse_statements(derivation.text, derivation.at); });
    for (Statement& statement : statements) {
      found_.mistakes.attempt([&] { add(std::move(statement)); });
    }
    require_gradients(derivation);
    return std::move(found_);
  }

 private:
  void add(Statement statement) {
    if (statement.targets.size() != 1) {
      throw LocatedError(statement.at, "a derivation assigns one name at a time");
    }
    DerivationLine line{std::move(statement), {}, {}, {}};
    line.target = line.statement.targets[0];
    require_new(line);
    line.claims = claimed_by(network_, line.target);
    if (line.claims) {
      require_gradient(network_, *line.claims, line.statement.at);
    }
    line.reads = read_by(line.statement.value);
    found_.lines.push_back(std::move(line));
  }

  void require_new(const DerivationLine& line) {
    const Position at = line.statement.at;
    if (network_.find(line.target)) {
      throw LocatedError(at,
                         "'" + line.target + "' is a value of the network, expected a new name");
    }
    if (!assigned_.insert(line.target).second) {
      throw LocatedError(at, "'" + line.target + "' is assigned twice, expected a new name");
    }
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

  /// Something must be claimed, and every helper must lead to a claim.
  void require_gradients(const Program& derivation) {
    const auto claims = [](const DerivationLine& line) { return line.claims.has_value(); };
    if (std::ranges::none_of(found_.lines, claims)) {
      if (found_.mistakes.all().empty()) {
        found_.mistakes.add({derivation.at,
                             "the derivation claims no gradient, expected a statement that assigns "
                             "dNAME for a name of the network"});
      }
      return;
    }
    for (std::size_t k = 0; k < found_.lines.size(); ++k) {
      const DerivationLine& line = found_.lines[k];
      const std::vector<std::size_t> readers = readers_of(found_.lines, k);
      const bool read = std::ranges::any_of(
          readers, [&](std::size_t reader) { return claims(found_.lines[reader]); });
      if (!line.claims && !read) {
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
