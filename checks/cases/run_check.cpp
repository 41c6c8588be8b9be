#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include <gradcheck/cases/run.hpp>

#include "case_helpers.hpp"

using namespace gradcheck;
namespace fs = std::filesystem;

namespace {

// A folder of its own, which is the working directory for as long as it lives.
class Folder {
 public:
  Folder() : before_(fs::current_path()) {
    path_ = fs::temp_directory_path() / ("gradcheck_run_check." + std::to_string(getpid()));
    fs::create_directories(path_);
    fs::current_path(path_);
  }
  ~Folder() {
    fs::current_path(before_);
    fs::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }

 private:
  fs::path before_;
  fs::path path_;
};

const std::string good = "network = 'L = x ** 2'\n[inputs]\nx = 3\n";
const std::string wrong = good + "[claims.gradient]\nx = 7\n";

std::vector<std::string> found(const std::vector<fs::path>& paths, const std::string& filter = "") {
  std::vector<std::string> names;
  for (const fs::path& file : find_cases(paths, filter).files) {
    names.push_back(file.generic_string());
  }
  return names;
}

std::vector<std::string> ids(const Report& report) {
  std::vector<std::string> all;
  for (const CaseReport& one : report.cases) {
    all.push_back(one.id);
  }
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("find cases: files below folders, sorted by id, each once") {
  const Folder folder;
  folder.write("b.toml", good);
  folder.write("a/z.toml", good);
  folder.write("a/c/y.toml", good);
  folder.write("a/notes.txt", "");
  folder.write("x.toml/inner.toml", good);
  CHECK(found({"."}) == Names{"a/c/y.toml", "a/z.toml", "b.toml", "x.toml/inner.toml"});
  CHECK(found({"b.toml", "./b.toml", "a/../b.toml", "a", "a/c"}) ==
        Names{"a/c/y.toml", "a/z.toml", "b.toml"});
  CHECK(found({"x.toml"}) == Names{"x.toml/inner.toml"});
  CHECK(found({"a/notes.txt", "missing.toml"}) == Names{"a/notes.txt", "missing.toml"});
}

TEST_CASE(
    "find cases: in folders, what is hidden or no case is passed over, what is named is not") {
  const Folder folder;
  folder.write("case.toml", good);
  folder.write(".git/x.toml", good);
  folder.write("project.toml", "[project]\nname = 'x'\n");
  folder.write("misspelt.toml", "netwrok = 'L = x'\n");
  CHECK(found({"."}) == Names{"case.toml", "misspelt.toml"});
  CHECK(find_cases({"."}, "").passed_over == 1);
  CHECK(found({"project.toml", ".git"}) == Names{".git/x.toml", "project.toml"});
}

TEST_CASE("find cases: what is excluded is left out of folders, by path, id or name") {
  const Folder folder;
  folder.write("a/one.toml", good);
  folder.write("a/two.toml", good);
  folder.write("b/one.toml", good);
  const auto without = [](const std::string& glob) {
    Names names;
    for (const fs::path& file : find_cases({"."}, "", {glob}).files) {
      names.push_back(file.string());
    }
    return names;
  };
  CHECK(without("one.toml") == Names{"a/two.toml"});
  CHECK(without("a/*") == Names{"b/one.toml"});
  CHECK(without("b") == Names{"a/one.toml", "a/two.toml"});
  CHECK(find_cases({"a/one.toml"}, "", {"one.toml"}).files.size() == 1);
}

TEST_CASE("find cases: a case fenced in Markdown is found with the line of its fence") {
  const Folder folder;
  folder.write("notes.md",
               "# Notes\n\n```gradcheck\nnetwork = 'L = q'\n```\n\n```toml\n"
               "a = 1\n```\n~~~~ gradcheck\n" +
                   good + "~~~~\n");
  CHECK(found({"."}) == Names{"notes.md:10", "notes.md:3"});
  CHECK(found({"notes.md"}) == Names{"notes.md:10", "notes.md:3"});
  const Report report = run_cases(find_cases({"."}, "").files, {});
  CHECK(report.cases[0].verdict == Verdict::agree);
  CHECK(report.cases[0].file == "notes.md");
  CHECK(report.cases[1].error->line == 4);
  folder.write("plain.md", "# Nothing\n");
  CHECK(run_case("plain.md", {}).error->message ==
        "no case is fenced in it, expected a line ```gradcheck before one");
  CHECK(run_case("notes.md:7", {}).error->message ==
        "no case is fenced there, expected a line ```gradcheck");
}

TEST_CASE("find cases: a filter is a glob over ids") {
  const Folder folder;
  folder.write("relu.toml", good);
  folder.write("a/leaky_relu.toml", good);
  folder.write("a/tanh.toml", good);
  CHECK(found({"."}, "*relu") == Names{"a/leaky_relu.toml", "relu.toml"});
  CHECK(found({"."}, "a/*") == Names{"a/leaky_relu.toml", "a/tanh.toml"});
  CHECK(found({"."}, "?elu") == Names{"relu.toml"});
  CHECK(found({"."}, "gelu").empty());
  CHECK(found({"."}, "[").empty());
}

TEST_CASE("find cases: folders without cases are told") {
  const Folder folder;
  fs::create_directories("empty/inner");
  folder.write("full/a.toml", good);
  const FoundCases cases = find_cases({"empty", "full"}, "");
  CHECK(cases.files.size() == 1);
  CHECK(cases.empty == std::vector<fs::path>{"empty"});
  // One whose cases the filter leaves out is not empty.
  CHECK(find_cases({"full"}, "b").empty.empty());
}

TEST_CASE("find cases: links that lead back or nowhere do no harm") {
  const Folder folder;
  folder.write("a/case.toml", good);
  fs::create_directory_symlink(fs::absolute("a"), "a/back");
  fs::create_symlink("loop.toml", "a/loop.toml");
  fs::create_symlink("nowhere", "a/dangling.toml");
  fs::create_symlink("case.toml", "a/link.toml");
  CHECK(found({"a"}) == Names{"a/case.toml", "a/dangling.toml", "a/loop.toml"});
  const Report report = run_cases(find_cases({"a"}, "").files, {});
  CHECK(report.cases[0].verdict == Verdict::agree);
  CHECK(report.cases[1].error->message == "cannot be read: No such file or directory");
  CHECK(report.cases[2].error->message == "cannot be read: Too many levels of symbolic links");
}

TEST_CASE("run: a case that needs more than it may is an error of that case alone") {
  const Folder folder;
  folder.write("a.toml", "network = 'L = sum(outer(x, x))'\n[inputs]\nx = { normal = [3000] }\n");
  folder.write("b.toml", good);
  RunOptions options;
  options.allowance.bytes = std::size_t{100} << 20;
  const Report report = run_cases(find_cases({"."}, "").files, options);
  CHECK(report.cases[0].error->message ==
        "memory: has a need of about <1.073 GiB>, expected at most 100 MiB; --memory allows more");
  CHECK(report.cases[1].verdict == Verdict::agree);
  options.allowance = {.seconds = 1e-9};
  const Report late = run_cases({"b.toml"}, options);
  CHECK(late.cases[0].verdict == Verdict::error);
  CHECK(
      late.cases[0].error->message ==
      "time: has more than <1e-09 s> passed, expected the check done in 1e-09 s; --timeout allows "
      "more");
}

TEST_CASE("run: a broken file is an error of its case, the others are run") {
  const Folder folder;
  folder.write("a.toml", "network = 3\n");
  folder.write("b.toml", wrong);
  folder.write("c.toml", good);
  folder.write("d.toml", "");
  const Report report = run_cases(find_cases({".", "d.toml"}, "").files, {});
  CHECK(ids(report) == Names{"a", "b", "c", "d"});
  CHECK(report.cases[0].verdict == Verdict::error);
  CHECK(report.cases[0].error->line == 1);
  CHECK(report.cases[0].error->column == 11);
  CHECK(report.cases[1].verdict == Verdict::disagree);
  CHECK(report.cases[2].verdict == Verdict::agree);
  CHECK(report.cases[3].verdict == Verdict::error);
  CHECK(!report.agrees());
}

TEST_CASE("run: the report does not depend on the number of threads") {
  const Folder folder;
  std::vector<std::string> expected;
  for (int k = 10; k < 60; ++k) {
    const std::string name = "case" + std::to_string(k);
    folder.write(name + ".toml", k % 7 == 0 ? wrong : k % 11 == 0 ? "network" : good);
    expected.push_back(name);
  }
  const std::vector<fs::path> files = find_cases({"."}, "").files;
  for (const std::size_t jobs :
       {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{200}}) {
    RunOptions options;
    options.jobs = jobs;
    std::vector<std::string> seen;
    const Report report =
        run_cases(files, options, [&](const CaseReport& one, std::size_t done, std::size_t total) {
          seen.push_back(one.id);
          CHECK(done == seen.size());
          CHECK(total == files.size());
        });
    CHECK(ids(report) == expected);
    CHECK(seen == expected);
  }
  CHECK(run_cases({}, {}).cases.empty());
}

TEST_CASE("run: with fail_fast nothing after the first failure is reported") {
  const Folder folder;
  for (const char* name : {"a", "b", "d", "e"}) {
    folder.write(std::string(name) + ".toml", good);
  }
  folder.write("c.toml", wrong);
  RunOptions options;
  options.fail_fast = true;
  for (const std::size_t jobs : {std::size_t{1}, std::size_t{4}}) {
    options.jobs = jobs;
    CHECK(ids(run_cases(find_cases({"."}, "").files, options)) == Names{"a", "b", "c"});
  }
}

TEST_CASE("run: what the one who watches throws comes back, from any thread") {
  const Folder folder;
  for (int k = 0; k < 20; ++k) {
    folder.write("case" + std::to_string(k) + ".toml", good);
  }
  const std::vector<fs::path> files = find_cases({"."}, "").files;
  for (const std::size_t jobs : {std::size_t{1}, std::size_t{8}}) {
    RunOptions options;
    options.jobs = jobs;
    CHECK_THROWS_WITH_AS(run_cases(files, options,
                                   [](const CaseReport&, std::size_t, std::size_t) {
                                     throw std::runtime_error("nobody reads this");
                                   }),
                         "nobody reads this", std::runtime_error);
  }
}

TEST_CASE("run: rtol of the command line wins over a file's, if it was given") {
  const Folder folder;
  folder.write("a.toml", good + "[settings]\nrtol = 0.5\n[claims.gradient]\nx = \"7 + 0\"\n");
  RunOptions options;
  CHECK(run_case("a.toml", options).verdict == Verdict::agree);
  options.check.rtol = 1e-3;
  CHECK(run_case("a.toml", options).verdict == Verdict::agree);
  options.rtol_given = true;
  CHECK(run_case("a.toml", options).verdict == Verdict::disagree);
}

TEST_CASE("explain: every named value with both gradients, or the error alone") {
  const Folder folder;
  folder.write("a.toml",
               "network = '''\nz = w * x\nL = sum(z)\n'''\n[inputs]\nx = [1, 2]\n"
               "[parameters]\nw = 3\n");
  folder.write("b.toml", "network = 'L = x'");
  const Explanation explanation = explain_case("a.toml", {});
  CHECK(explanation.loss == "L");
  REQUIRE(explanation.values.size() == 4);
  CHECK(explanation.values[1].name == "w");
  CHECK(explanation.values[1].role == "parameter");
  CHECK(explanation.values[1].gradient.analytic.data()[0] == 3);
  CHECK(explanation.values[2].statement == "z = w * x");
  CHECK(explain_case("b.toml", {}).values.empty());
  CHECK(explain_case("b.toml", {}).report.error->message == "unknown name 'x'");
}

TEST_CASE("summaries: title, source, number of claims, or what is wrong") {
  const Folder folder;
  folder.write("a.toml",
               "title = 'T'\nsource = 'S'\n" + wrong +
                   "[update]\nlearning_rate = 1\n[[claims.after]]\nsteps = 1\nforward.x = "
                   "1\n[derivation]\nsteps = 'dx = 6'\n");
  const CaseSummary summary = summarize_case("a.toml");
  CHECK(summary.title == "T");
  CHECK(summary.source == "S");
  CHECK(summary.claims == 2);
  CHECK(summary.statements == 1);
  CHECK(summarize_case("b.toml").error->message == "cannot be read: No such file or directory");
}

TEST_CASE("run cases: progress tells case by case how far its tensors are, from any thread") {
  const Folder folder;
  folder.write("a.toml", good);
  folder.write("b.toml", good);
  std::mutex mutex;
  std::map<std::string, std::size_t> done;
  RunOptions options;
  options.jobs = 2;
  options.progress = [&](const CaseProgress& progress) {
    const std::lock_guard lock(mutex);
    CHECK(progress.total == 2);
    CHECK(progress.number == (progress.id == "a" ? 1 : 2));
    CHECK(progress.tensor.tensor == "x");
    done[progress.id] = progress.tensor.done;
  };
  run_cases({"a.toml", "b.toml"}, options);
  CHECK(done == std::map<std::string, std::size_t>{{"a", 1}, {"b", 1}});
}
