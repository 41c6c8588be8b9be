#include <algorithm>

#include <fmt/format.h>

#include <gradcheck/report/display.hpp>
#include <gradcheck/report/numbers.hpp>
#include <gradcheck/report/paragraphs.hpp>
#include <gradcheck/report/text.hpp>

namespace gradcheck {
namespace {

/// Counts of which only those above zero are told: "3 agree, 1 disagree".
class Listing {
 public:
  void add(std::size_t count, std::string_view what, Ink ink) {
    if (count > 0) {
      parts_.push_back({fmt::format("{} {}", count_text(count), what), ink});
    }
  }

  /// After the heading; in lines of at most `width` columns, since colour hides from wrap().
  std::string text(const std::string& heading, std::size_t width, bool color) const {
    std::string out = heading;
    std::size_t used = display_width(heading);
    const char* separator = parts_.empty() ? "" : ": ";
    for (const Cell& part : parts_) {
      const std::size_t needed = display_width(part.text) + 2;
      const bool fits = used + needed < width;
      out += separator;
      if (!fits) {
        out.back() = '\n';
        out += "  ";
        used = 0;
      }
      out += paint(part.text, part.ink, color);
      used += needed;
      separator = ", ";
    }
    return out + "\n";
  }

 private:
  std::vector<Cell> parts_;
};

std::string cases_line(const Report& report, const Totals& totals, const TextStyle& style,
                       std::size_t width) {
  const auto waived = static_cast<std::size_t>(
      std::count_if(report.cases.begin(), report.cases.end(), [&](const CaseReport& one) {
        return one.verdict == Verdict::inconclusive && passes(one, style.allow_inconclusive);
      }));
  Listing list;
  list.add(totals.agree, "agree", Ink::good);
  list.add(waived, "inconclusive (allowed)", Ink::doubtful);
  list.add(totals.inconclusive - waived, "inconclusive", Ink::doubtful);
  list.add(totals.disagree, "disagree", Ink::bad);
  list.add(totals.errors, totals.errors == 1 ? "error" : "errors", Ink::bad);
  return list.text(counted(totals.cases, "case", "cases"), width, style.color);
}

std::string claims_line(const Report& report, const Totals& totals, const TextStyle& style,
                        std::size_t width) {
  std::size_t right = 0;
  std::size_t last_digit = 0;
  std::size_t stale = 0;
  for (const CaseReport& one : report.cases) {
    for (const ClaimReport& claim : one.claims) {
      right += claim.right;
      last_digit += claim.last_digit;
      stale += claim.stale_erratum ? 1 : 0;
    }
  }
  if (totals.claims == 0) {
    return "";
  }
  Listing list;
  list.add(right, "right", Ink::good);
  list.add(last_digit, "off in the last digit", Ink::plain);
  list.add(totals.wrong_claims, "wrong", Ink::bad);
  list.add(totals.errata, totals.errata == 1 ? "erratum" : "errata", Ink::doubtful);
  list.add(stale, stale == 1 ? "stale erratum" : "stale errata", Ink::bad);
  return list.text(counted(totals.claims, "claimed value", "claimed values"), width, style.color);
}

std::string derivations_line(const Report& report, const TextStyle& style, std::size_t width) {
  std::size_t all = 0;
  std::size_t agree = 0;
  std::size_t inherited = 0;
  std::size_t not_judged = 0;
  std::size_t errata = 0;
  for (const CaseReport& one : report.cases) {
    for (const StatementReport& statement : one.derivation) {
      ++all;
      agree += statement.verdict == StatementVerdict::agree ? 1 : 0;
      inherited += statement.verdict == StatementVerdict::inherited ? 1 : 0;
      not_judged += statement.verdict == StatementVerdict::not_judged ? 1 : 0;
      errata += statement.verdict == StatementVerdict::disagree && statement.erratum ? 1 : 0;
    }
  }
  if (all == 0) {
    return "";
  }
  Listing list;
  list.add(agree, "agree", Ink::good);
  list.add(inherited, "inherited", Ink::doubtful);
  list.add(not_judged, "not judged", Ink::doubtful);
  list.add(all - agree - inherited - not_judged - errata, "wrong", Ink::bad);
  list.add(errata, errata == 1 ? "erratum" : "errata", Ink::doubtful);
  return list.text(counted(all, "derived statement", "derived statements"), width, style.color);
}

}  // namespace

std::string summary_of(const Report& report, const TextStyle& style) {
  const Totals totals = report.totals();
  const std::size_t width = std::max(style.width, least_width);
  const bool open =
      !report.cases.empty() && !shown_in_full(report.cases.back(), style, report.cases.size() == 1);
  return (open ? "\n" : "") + cases_line(report, totals, style, width) +
         claims_line(report, totals, style, width) + derivations_line(report, style, width) +
         fmt::format("{} compared, {}, {:.2f} s\n", counted(totals.entries, "entry", "entries"),
                     counted(totals.probes, "probe", "probes"), totals.seconds);
}

}  // namespace gradcheck
