#include <gradcheck/cases/errata.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <gradcheck/cases/claims.hpp>
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
  throw LocatedError(erratum.at, "errata: '" + erratum.key + "' names no claim of this file, expected such as " +
                                     "'updated.W[1, 1]', 'after[1].forward.L' or 'derivation.dz'");
}

ErratumKey parse_key(const Erratum& erratum) {
  ErratumKey key;
  std::string_view rest = erratum.key;
  if (rest.starts_with("after[")) {
    const std::size_t end = rest.find("].");
    std::size_t steps = 0;
    const char* const digits = rest.data() + 6;
    if (end == std::string_view::npos || std::from_chars(digits, rest.data() + end, steps).ptr != rest.data() + end) {
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
  return key.table == to_string(place.kind) && key.name == place.name && key.after.has_value() == place.after &&
         (!key.after || *key.after == place.steps);
}

/// The positions in the tensor that the erratum covers.
std::vector<std::size_t> covered_positions(const Erratum& erratum, const ErratumKey& key, const Shape& shape) {
  try {
    return select(shape, key.subscripts).positions;
  } catch (const LocatedError&) {
    throw;
  } catch (const Error& error) {
    throw LocatedError(erratum.at, std::string("errata: ") + error.what());
  }
}

/// Which of the claim's entries a finding is about.
std::size_t entry_of(const Finding& finding, const ClaimReport& claim, const ClaimPlace& place,
                     const Shape& printed_shape) {
  (void)claim;
  (void)place;
  std::size_t flat = 0;
  for (std::size_t k = 0; k < finding.index->size(); ++k) {
    flat = flat * printed_shape[k] + (*finding.index)[k];
  }
  return flat;
}

}  // namespace

}  // namespace gradcheck
