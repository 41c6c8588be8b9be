#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include <gradcheck/cases/fill.hpp>

using namespace gradcheck;

namespace {

std::string filled(const std::string& text) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / "gradcheck_fill_check.toml";
  std::ofstream(file) << text;
  const std::string result = filled_case(file, {}).text;
  std::filesystem::remove(file);
  return result;
}

}  // namespace

TEST_CASE("fill: claims that are not right get the computed values, all else stays") {
  const std::string before =
      "# é\nnetwork = 'z = W @ x; L = sum(z)'\n[inputs]\nx = [1, 2] # kept\n"
      "[parameters]\nW = [[0.125, 1], [0, 3]]\n[claims.forward]\n";
  CHECK(filled(before + "z = 0   # é\nL = 8.125\n\"z[1]\" = 6.0\n[claims.gradient]\n"
                        "W = [[1, 2], [1, 3]]\nz = \"x\"\nx = [0.00, 0.0]\n") ==
        before +
            "z = [2.125, 6]   # é\nL = 8.125\n\"z[1]\" = 6.0\n[claims.gradient]\n"
            "W = [[1, 2], [1, 2]]\nz = [1, 1]\nx = [0.12, 4.0]\n");
}
