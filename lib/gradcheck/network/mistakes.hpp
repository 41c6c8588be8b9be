#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gradcheck/network/syntax.hpp>

namespace gradcheck {

/// Several independent mistakes of one file: the first, and the others.
class SeveralMistakes : public LocatedError {
 public:
  explicit SeveralMistakes(std::vector<LocatedError> all)
      : LocatedError(all.front()), more(all.begin() + 1, all.end()) {}
  std::vector<LocatedError> more;
};

/// Gathers mistakes that do not depend on one another, so that a file tells all of them.
class Mistakes {
 public:
  /// Runs `work`; false if it throws a mistake, which is kept.
  template <class Work>
  bool attempt(Work work) {
    try {
      work();
      return true;
    } catch (const SeveralMistakes& several) {
      add(several);
      for (const LocatedError& one : several.more) {
        add(one);
      }
    } catch (const LocatedError& one) {
      add(one);
    }
    return false;
  }

  /// What has been said already is not said again.
  void add(const LocatedError& one) {
    if (known_.emplace(one.at.line, one.at.column, one.what()).second) {
      all_.push_back(one);
    }
  }
  void add(const Mistakes& more) {
    for (const LocatedError& one : more.all_) {
      add(one);
    }
  }
  const std::vector<LocatedError>& all() const { return all_; }

  /// In the order of the file.
  std::vector<LocatedError> sorted() const {
    std::vector<LocatedError> sorted = all_;
    std::ranges::stable_sort(
        sorted, {}, [](const LocatedError& one) { return std::pair(one.at.line, one.at.column); });
    return sorted;
  }

  /// Throws them in that order, if there are any.
  void throw_any() const {
    if (all_.size() == 1) {
      throw all_.front();
    }
    if (!all_.empty()) {
      throw SeveralMistakes(sorted());
    }
  }

 private:
  std::vector<LocatedError> all_;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> known_;  ///< line, column, message
};

}  // namespace gradcheck
