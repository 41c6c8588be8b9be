#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <gradcheck/cases/given.hpp>
#include <gradcheck/cases/latex.hpp>
#include <gradcheck/cases/numbers.hpp>
#include <gradcheck/network/constant.hpp>
#include <gradcheck/tensor/random.hpp>

namespace gradcheck {
namespace {

constexpr long long max_exact_integer = 1LL << 53;  // of a double

bool any(double) { return true; }

double number_or(const TableReader& table, const std::string& key, double otherwise) {
  const Entry* entry = table.find(key);
  return entry == nullptr ? otherwise : table.number(*entry, "a finite number", any);
}

std::uint64_t seed_of(const TableReader& table) {
  const Entry* entry = table.find("seed");
  return entry == nullptr
             ? 0
             : static_cast<std::uint64_t>(table.integer(*entry, 0, INT64_MAX, "an integer from 0"));
}

Tensor normal(const TableReader& table, const Entry& entry) {
  const Entry* std = table.find("std");
  const double width = std == nullptr ? 1
                                      : table.number(*std, "a finite number from 0",
                                                     [](double x) { return x >= 0; });
  return random_normal(table.shape(entry), number_or(table, "mean", 0), width, seed_of(table));
}

Tensor uniform(const TableReader& table, const Entry& entry) {
  const double low = number_or(table, "low", 0);
  const double high = number_or(table, "high", 1);
  if (low > high || !std::isfinite(high - low)) {
    table.fail_at(entry.at, "uniform has low above high, or a range that no double holds");
  }
  return random_uniform(table.shape(entry), low, high, seed_of(table));
}

Tensor integers(const TableReader& table, const Entry& entry) {
  const auto bound = [&](const Entry& e) {
    return table.integer(e, -max_exact_integer, max_exact_integer,
                         "an integer that a double holds");
  };
  const Entry* lowest = table.find("low");
  const long long low = lowest == nullptr ? 0 : bound(*lowest);
  const Entry& highest = table.need("high");
  const long long high = bound(highest);
  if (high <= low) {
    table.fail(highest, "an integer above low, " + std::to_string(low) + " (high is excluded)");
  }
  return random_integers(table.shape(entry), low, high, seed_of(table));
}

Tensor all_zeros(const TableReader& table, const Entry& entry) {
  return zeros<double>(table.shape(entry));
}
Tensor all_ones(const TableReader& table, const Entry& entry) {
  return full<double>(table.shape(entry), 1);
}
Tensor all_equal(const TableReader& table, const Entry& entry) {
  const double value = table.number(table.need("value"), "a finite number", any);
  return full<double>(table.shape(entry), value);
}

// start, start + step, ... up to stop, which is excluded, as in NumPy.
Tensor arange(const TableReader& table, const Entry& entry) {
  const std::string wanted = "[stop], [start, stop] or [start, stop, step]";
  std::vector<double> given;
  const Shape rank = read_numbers(table, entry, wanted, [&](const toml::node& node, Position) {
    given.push_back(*finite_number(node));
    return true;
  });
  if (rank.size() != 1 || given.size() > 3) {
    table.fail(entry, wanted);
  }
  const double start = given.size() > 1 ? given[0] : 0;
  const double stop = given.size() > 1 ? given[1] : given[0];
  const double step = given.size() > 2 ? given[2] : 1;
  const double count = step == 0 ? 0 : std::ceil((stop - start) / step);
  if (!(count >= 1) || count > static_cast<double>(max_entries)) {
    table.fail_at(entry.value_at(), "arange has no entries or more than " +
                                        std::to_string(max_entries) +
                                        ", expected a step that leads from start to stop");
  }
  const Shape shape = shape_instead(table, {static_cast<std::size_t>(count)});
  Tensor t = empty<double>(shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] = start + static_cast<double>(i) * step;
  }
  return t;
}

Tensor from_written(const Written& written) {
  Tensor t = empty<double>(written.shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.data()[i] = written.numbers[i].value;
  }
  return t;
}

Tensor from_latex(const TableReader& table, const Entry&) {
  return from_written(read_latex_table(table));
}

Tensor from_file(const TableReader& table, const Entry&) { return read_file_table(table); }

struct Generator {
  std::string key;
  std::vector<std::string> settings;
  Tensor (*make)(const TableReader& table, const Entry& entry);
};

const std::vector<Generator>& generators() {
  static const std::vector<Generator> all{
      {"normal", {"mean", "std", "seed"}, normal},
      {"uniform", {"low", "high", "seed"}, uniform},
      {"integers", {"low", "high", "seed"}, integers},
      {"zeros", {}, all_zeros},
      {"ones", {}, all_ones},
      {"full", {"value"}, all_equal},
      {"arange", {"shape"}, arange},
      {"latex", {"shape"}, from_latex},
      {"file", {"name"}, from_file},
  };
  return all;
}

Tensor generated(const TableReader& table) {
  std::vector<std::string> known;
  for (const Generator& generator : generators()) {
    known.push_back(generator.key);
    const Entry* entry = table.find(generator.key);
    if (entry != nullptr) {
      std::vector<std::string> keys = generator.settings;
      keys.insert(keys.begin(), generator.key);
      table.allow(keys);
      return generator.make(table, *entry);
    }
  }
  table.allow(known);
  table.fail_at(table.at(), "has an empty table, expected one of " + alternatives(known));
}

Tensor from_text(const TableReader& table, const Entry& entry) {
  const std::string text = table.text(entry);
  const Program program = table.program(entry, "");
  if (text.find('\\') != std::string::npos) {
    return from_written(read_latex(text, program.at, table.path(entry.key)));
  }
  try {
    return evaluate_constant(program.text, program.at);
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    throw LocatedError(program.at, table.path(entry.key) + ": " + error.what());
  }
}

Tensor from_numbers(const TableReader& table, const Entry& entry) {
  const std::string wanted =
      "numbers, LaTeX, an expression or a generator as { normal = [2, 3], seed = 1 }";
  std::vector<double> values;
  const Shape shape = read_numbers(table, entry, wanted, [&](const toml::node& node, Position) {
    values.push_back(*finite_number(node));
    return true;
  });
  return tensor_of(shape, values);
}

}  // namespace

std::size_t declared_entries(const TableReader& table, const Entry& entry) {
  if (!entry.node->is_table()) {
    return 0;
  }
  const TableReader generator = table.table(entry);
  for (const char* key : {"normal", "uniform", "integers", "zeros", "ones", "full"}) {
    if (const Entry* shape = generator.find(key)) {
      return entries_of(generator.shape(*shape));
    }
  }
  return 0;
}

Tensor read_given(const TableReader& table, const Entry& entry) {
  Tensor value = entry.node->is_table()    ? generated(table.table(entry))
                 : entry.node->is_string() ? from_text(table, entry)
                                           : from_numbers(table, entry);
  if (value.size() == 0 || !all_finite(value)) {
    const std::string got = value.size() == 0 ? "no entries" : "entries that are not finite";
    table.fail_at(entry.value_at(), entry.key + " has " + got + ", expected finite numbers");
  }
  return value;
}

}  // namespace gradcheck
