#include <array>
#include <string>
#include <thread>
#include <vector>

#include <c/c_layer.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <gradcheck/version.hpp>

using gradcheck::sample::CLayer;
using gradcheck::sample::CReport;

TEST_CASE("c_api: a right layer agrees, in every entry of every input and parameter") {
  CLayer<double> sample;
  const CReport report(&sample.layer);
  CHECK(report.error == "");
  REQUIRE(report.status == GRADCHECK_OK);
  CHECK(report.verdict() == GRADCHECK_AGREE);
  CHECK(sample.null_for_constant);
  CHECK(report.tensor("x").entries >= 15);
  CHECK(report.tensor("w").entries >= 3);
  CHECK(report.tensor("b").entries >= 1);
  CHECK(report.tensor("scale").name == nullptr);
}

TEST_CASE("c_api: a wrong gradient disagrees, and is found in its tensor alone") {
  CLayer<double> sample;
  sample.bias_factor = 0.2;
  const CReport report(&sample.layer);
  REQUIRE(report.status == GRADCHECK_OK);
  CHECK(report.verdict() == GRADCHECK_DISAGREE);
  const gradcheck_tensor b = report.tensor("b");
  CHECK(b.verdict == GRADCHECK_DISAGREE);
  CHECK(std::string(b.role) == "parameter");
  CHECK(b.rank == 0);
  CHECK(b.disagreeing >= 1);
  CHECK(b.max_relative_error == doctest::Approx(0.8));
  CHECK(b.worst_analytic == doctest::Approx(0.2 * b.worst_numeric));
  CHECK(report.tensor("w").verdict == GRADCHECK_AGREE);
  CHECK(report.tensor("x").verdict == GRADCHECK_AGREE);
  CHECK(report.tensor("x").shape[1] == 3);
}

TEST_CASE("c_api: a float32 layer is handed floats, and agrees within their rounding") {
  const std::array<float, 15> x{0.5F, -2, 0.1F, 0, 2.5F};
  CLayer<float> sample;
  sample.inputs[0].data = x.data();
  const CReport report(&sample.layer);
  CHECK(report.status == GRADCHECK_OK);
  CHECK(sample.was_called_with(x));
  for (const char* name : {"x", "w", "b"}) {
    CHECK(report.tensor(name).verdict == GRADCHECK_AGREE);
  }
}

TEST_CASE("c_api: a wrong gradient of a float32 layer disagrees") {
  CLayer<float> sample;
  sample.bias_factor = 0.5F;
  const CReport report(&sample.layer);
  REQUIRE(report.status == GRADCHECK_OK);
  CHECK(report.tensor("b").verdict == GRADCHECK_DISAGREE);
}

TEST_CASE("c_api: the parameters have their values again after a check") {
  CLayer<double> sample;
  const std::array<double, 3> before = sample.weight;
  const CReport report(&sample.layer);
  CHECK(sample.weight == before);
  CHECK(sample.bias == 0.75);
}

TEST_CASE("c_api: given values are the point of the check, others are random within their range") {
  const std::array<double, 15> x{0.5, -2, 0, 0, 2.5};
  CLayer<double> given;
  given.inputs[0].data = x.data();
  const CReport at_given(&given.layer);
  CHECK(at_given.verdict() == GRADCHECK_AGREE);
  CHECK(given.was_called_with(x));
  CLayer<double> random;
  random.inputs[0].low = 3;
  random.inputs[0].high = 4;
  const CReport at_random(&random.layer);
  CHECK(at_random.verdict() == GRADCHECK_AGREE);
  CHECK(at_random.tensor("w").worst_numeric != at_given.tensor("w").worst_numeric);
  CHECK_FALSE(random.was_called_with(x));
}

TEST_CASE("c_api: shapes of outputs are asked for where there is a callback") {
  CLayer<double> sample;
  sample.layer.outputs = nullptr;
  sample.layer.output_shape = [](void*, size_t k, size_t* shape, size_t* rank) {
    shape[0] = 5;
    *rank = 1;
    return k == 0 ? 0 : 1;
  };
  const CReport report(&sample.layer);
  CHECK(report.error == "");
  CHECK(report.verdict() == GRADCHECK_AGREE);
}

TEST_CASE("c_api: the seed and the tolerance are in the report's JSON") {
  CLayer<double> sample;
  gradcheck_options options{};
  options.struct_size = sizeof options;
  options.seed = 7;
  options.rtol = 1e-5;
  const CReport report(&sample.layer, &options);
  REQUIRE(report.status == GRADCHECK_OK);
  const auto json = nlohmann::json::parse(gradcheck_report_json(report.get()));
  CHECK(json["schema"] == 1);
  CHECK(json["seed"] == 7);
  CHECK(json["rtol"] == 1e-5);
  CHECK(json["cases"][0]["id"] == "rows");
  CHECK(std::string(gradcheck_report_text(report.get())).find("agree") == 0);
}

TEST_CASE("c_api: a layer may be checked on any number of threads at once") {
  std::array<int, 4> verdicts{};
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < verdicts.size(); ++k) {
      threads.emplace_back([&verdicts, k] {
        CLayer<double> sample;
        sample.bias_factor = k % 2 == 0 ? 1 : 2;
        verdicts[k] = CReport(&sample.layer).verdict();
      });
    }
  }
  CHECK(verdicts == std::array<int, 4>{GRADCHECK_AGREE, GRADCHECK_DISAGREE, GRADCHECK_AGREE,
                                       GRADCHECK_DISAGREE});
}

TEST_CASE("c_api: errors are those of the thread that made them") {
  CReport(nullptr);
  CHECK(std::string(gradcheck_last_error()) != "");
  std::string elsewhere = "not asked";
  std::jthread([&] { elsewhere = gradcheck_last_error(); }).join();
  CHECK(elsewhere == "");
}

TEST_CASE("c_api: the version is the library's") {
  CHECK(std::string(gradcheck_version()) == gradcheck::version);
  CHECK(gradcheck_api_version() == GRADCHECK_API_VERSION);
}
