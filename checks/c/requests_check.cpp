#include <string>
#include <vector>

#include <c/c_layer.hpp>
#include <doctest/doctest.h>

#include <gradcheck/c/callback_layer.hpp>
#include <gradcheck/tensor/number_type.hpp>

using gradcheck::sample::CLayer;

namespace {

struct Result {
  int status = 0;
  int verdict = GRADCHECK_ERROR;
  std::string error;
  std::string text;
};

/// What a check of the C interface gives, with its report freed.
template <class Check>
Result result_of(Check check) {
  gradcheck_report* report = nullptr;
  Result result{check(&report), GRADCHECK_ERROR, gradcheck_last_error(), ""};
  result.verdict = gradcheck_report_verdict(report);
  result.text = gradcheck_report_text(report);
  gradcheck_report_free(report);
  return result;
}

const std::size_t two[] = {2};
const double x_data[] = {0.5, -1.5};
const double w_data[] = {2, 3};

Result network_result(const char* text, const char* loss = nullptr) {
  const gradcheck_value tensors[] = {
      {sizeof(gradcheck_value), "x", two, 1, x_data, GRADCHECK_ROLE_INPUT, 0},
      {sizeof(gradcheck_value), "w", two, 1, w_data, GRADCHECK_ROLE_PARAMETER, 0}};
  const gradcheck_network network{sizeof network, "mine", text, tensors, 2, loss, 0, 0};
  return result_of([&](gradcheck_report** report) {
    return gradcheck_check_network(&network, nullptr, report);
  });
}

/// A plain y = k x over the point's N rows, wrong by a factor.
struct Made {
  double factor = 1;
  int alive = 0;
  std::size_t rows = 0;
  double slope = 0;
  std::vector<double> x{};
  gradcheck_input input{};
  gradcheck_output output{};
  gradcheck_layer layer{};
};

const gradcheck_layer* make(void* context, const gradcheck_point* point) {
  Made& made = *static_cast<Made*>(context);
  ++made.alive;
  made.rows = static_cast<std::size_t>(point->sizes[0].value);
  made.slope = point->settings[0].value;
  made.input = {};
  made.input.struct_size = sizeof made.input;
  made.input.name = "x";
  made.input.shape = &made.rows;
  made.input.rank = 1;
  made.output = {sizeof made.output, nullptr, &made.rows, 1};
  made.layer = {};
  made.layer.struct_size = sizeof made.layer;
  made.layer.name = "scaled";
  made.layer.inputs = &made.input;
  made.layer.input_count = 1;
  made.layer.outputs = &made.output;
  made.layer.output_count = 1;
  made.layer.context = context;
  made.layer.forward = [](void* self, const void* const* x, void* const* y) {
    const Made& m = *static_cast<Made*>(self);
    for (std::size_t k = 0; k < m.rows; ++k) {
      static_cast<double*>(y[0])[k] = m.slope * static_cast<const double*>(x[0])[k];
    }
    return 0;
  };
  made.layer.backward = [](void* self, const void* const* dy, void* const* dx) {
    const Made& m = *static_cast<Made*>(self);
    for (std::size_t k = 0; k < m.rows; ++k) {
      static_cast<double*>(dx[0])[k] =
          m.slope * static_cast<const double*>(dy[0])[k] * (k == 0 ? 1 : m.factor);
    }
    return 0;
  };
  return &made.layer;
}

Result points_result(Made& made) {
  const gradcheck_extent extent{sizeof extent, "N", 0};
  gradcheck_input_shape shape{};
  shape.struct_size = sizeof shape;
  shape.name = "x";
  shape.extents = &extent;
  shape.rank = 1;
  const double slopes[] = {1, 0.3};
  const gradcheck_choice setting{sizeof setting, "slope", slopes, 2};
  gradcheck_points points{};
  points.struct_size = sizeof points;
  points.make = make;
  points.release = [](void* context, const gradcheck_layer*) {
    --static_cast<Made*>(context)->alive;
  };
  points.context = &made;
  points.inputs = &shape;
  points.input_count = 1;
  points.settings = &setting;
  points.setting_count = 1;
  points.point_text = [](void*, const gradcheck_point* point) -> const char* {
    static std::string text;
    text = std::string("N is ") + std::to_string(static_cast<int>(point->sizes[0].value));
    return text.c_str();
  };
  return result_of(
      [&](gradcheck_report** report) { return gradcheck_check_points(&points, nullptr, report); });
}

}  // namespace

TEST_CASE("c_api: a network in gradcheck's language is checked") {
  const Result result = network_result("L = sum((x * w) ** 2)");
  CHECK(result.status == GRADCHECK_OK);
  CHECK(result.verdict == GRADCHECK_AGREE);
  CHECK(result.text.find("mine") != std::string::npos);
}

TEST_CASE("c_api: mistakes in a network are told with their place") {
  CHECK(network_result("z = x * w\nL = sumn(z)").error.find("network:2:5: ") == 0);
  CHECK(network_result("L = sum(x)").error ==
        "network: the tensor w has <no use>, expected a statement that reads it");
  CHECK(network_result("L = sum(x * w)", "M").error ==
        "network: loss has <M>, expected a name of the network");
}

TEST_CASE("c_api: case files are run") {
  const char* const paths[] = {"cases/README.toml", "cases"};
  gradcheck_run run{sizeof run, &paths[1], 1, "cases/*two*", 0, 0};
  const auto check = [&](gradcheck_report** report) {
    return gradcheck_run_cases(&run, nullptr, report);
  };
  run.filter = "no such case";
  CHECK(result_of(check).error ==
        "run: paths has <no case>, expected files, or folders with *.toml below them");
  run = {sizeof run, paths, 1, nullptr, 0, 0};
  const Result missing = result_of(check);
  CHECK(missing.status == GRADCHECK_OK);
  CHECK(missing.verdict == GRADCHECK_ERROR);
}

TEST_CASE("c_api: a layer is made and released for each point, and the smallest failure is told") {
  Made right;
  CHECK(points_result(right).verdict == GRADCHECK_AGREE);
  CHECK(right.alive == 0);
  Made wrong;
  wrong.factor = 1.5;
  const Result result = points_result(wrong);
  CHECK(result.verdict == GRADCHECK_DISAGREE);
  CHECK(result.text.find("N is 2") != std::string::npos);
  CHECK(wrong.alive == 0);
}

TEST_CASE("c_api: forward_batch takes every point's tensors one behind the other") {
  CLayer<double> sample;
  sample.layer.forward_batch = [](void*, std::size_t points, const void* const* inputs,
                                  void* const* outputs) {
    for (std::size_t k = 0; k < 5 * points; ++k) {
      static_cast<double*>(outputs[0])[k] =
          static_cast<const double*>(inputs[0])[3 * k] + static_cast<const double*>(inputs[1])[k];
    }
    return 0;
  };
  gradcheck::CallbackLayer layer(gradcheck::read_layer(&sample.layer));
  REQUIRE(layer.batches());
  const gradcheck::Tensor x = gradcheck::full<double>({5, 3}, 2.0);
  const gradcheck::Tensor s = gradcheck::full<double>({5}, 0.25);
  const std::vector<gradcheck::Tensors<double>> points{{x, s}, {2 * x, s}};
  const auto y = layer.forward_batch(points);
  REQUIRE(y.size() == 2);
  CHECK(y[0][0](4) == 2.25);
  CHECK(y[1][0](0) == 4.25);
}

TEST_CASE("c_api: a candidate in half precision is compared with its reference") {
  const std::size_t shape[] = {6};
  const double x_values[] = {0.5, -1.25, 2, 0.75, -3, 1.5};
  struct Square {
    bool half = false;
    double factor = 1;
    const void* x = nullptr;
    double number(const void* buffer, std::size_t k) const {
      return half ? gradcheck::half_value(static_cast<const std::uint16_t*>(buffer)[k],
                                          gradcheck::NumberType::bfloat16)
                  : static_cast<const double*>(buffer)[k];
    }
    void set(void* buffer, std::size_t k, double value) const {
      if (half) {
        static_cast<std::uint16_t*>(buffer)[k] =
            gradcheck::half_bits(value, gradcheck::NumberType::bfloat16);
      } else {
        static_cast<double*>(buffer)[k] = value;
      }
    }
  };
  const auto layer_of = [&](Square& square, gradcheck_input& input, gradcheck_output& output) {
    input = {};
    input.struct_size = sizeof input;
    input.name = "x";
    input.shape = shape;
    input.rank = 1;
    input.data = square.half ? nullptr : x_values;
    output = {sizeof output, nullptr, shape, 1};
    gradcheck_layer layer{};
    layer.struct_size = sizeof layer;
    layer.name = "square";
    layer.inputs = &input;
    layer.input_count = 1;
    layer.outputs = &output;
    layer.output_count = 1;
    layer.context = &square;
    layer.dtype = square.half ? GRADCHECK_BFLOAT16 : GRADCHECK_FLOAT64;
    layer.forward = [](void* context, const void* const* x, void* const* y) {
      Square& own = *static_cast<Square*>(context);
      own.x = x[0];
      for (std::size_t k = 0; k < 6; ++k) {
        own.set(y[0], k, own.number(x[0], k) * own.number(x[0], k));
      }
      return 0;
    };
    layer.backward = [](void* context, const void* const* dy, void* const* dx) {
      const Square& own = *static_cast<Square*>(context);
      for (std::size_t k = 0; k < 6; ++k) {
        own.set(dx[0], k, own.factor * 2 * own.number(own.x, k) * own.number(dy[0], k));
      }
      return 0;
    };
    return layer;
  };
  Square half{true}, full;
  gradcheck_input half_input, full_input;
  gradcheck_output half_output, full_output;
  const gradcheck_layer candidate = layer_of(half, half_input, half_output);
  const gradcheck_layer reference = layer_of(full, full_input, full_output);
  gradcheck_candidate given{};
  given.struct_size = sizeof given;
  given.layer = &candidate;
  given.reference = &reference;
  const auto check = [&](gradcheck_report** report) {
    return gradcheck_check_candidate(&given, nullptr, report);
  };
  CHECK(result_of(check).verdict == GRADCHECK_AGREE);
  half.factor = 1.02;
  CHECK(result_of(check).verdict == GRADCHECK_DISAGREE);
  given.batch_law = 9;
  CHECK(result_of(check).error ==
        "candidate: batch_law has <9>, expected one of GRADCHECK_BATCH_NONE (0), ..., "
        "GRADCHECK_BATCH_WEIGHTED (3)");
  given.batch_law = GRADCHECK_BATCH_MEAN;
  CHECK(result_of(check).error == "candidate: part has <null>, expected a pointer");
  given.part = [](void*, std::size_t) -> const gradcheck_layer* { return nullptr; };
  half.factor = 1;
  CHECK(result_of(check).error == "square.part: returns <null>, expected the layer for 2 rows");
  given.batch_law = 0;
  given.storage = GRADCHECK_FLOAT32;
  CHECK(result_of(check).error ==
        "candidate: storage has <1>, expected GRADCHECK_FLOAT16 (2), GRADCHECK_BFLOAT16 (3) or 0");
  gradcheck_report* report = nullptr;
  CHECK(gradcheck_check_layer(&candidate, nullptr, &report) == GRADCHECK_INVALID);
}

namespace {

/// y = x², of so many numbers; `factor` is what its gradient is wrong by.
struct Squares {
  explicit Squares(std::size_t count) : shape{count} {
    input.struct_size = sizeof input;
    input.name = "x";
    input.shape = shape;
    input.rank = 1;
    output = {sizeof output, nullptr, shape, 1};
    layer.struct_size = sizeof layer;
    layer.name = "squares";
    layer.inputs = &input;
    layer.input_count = 1;
    layer.outputs = &output;
    layer.output_count = 1;
    layer.context = this;
    layer.forward = [](void* context, const void* const* inputs, void* const* outputs) {
      Squares& own = *static_cast<Squares*>(context);
      own.x = static_cast<const double*>(inputs[0]);
      for (std::size_t k = 0; k < own.shape[0]; ++k) {
        static_cast<double*>(outputs[0])[k] = own.x[k] * own.x[k];
      }
      return 0;
    };
    layer.backward = [](void* context, const void* const* dy, void* const* dx) {
      const Squares& own = *static_cast<Squares*>(context);
      for (std::size_t k = 0; k < own.shape[0]; ++k) {
        static_cast<double*>(dx[0])[k] =
            own.factor * 2 * own.x[k] * static_cast<const double*>(dy[0])[k];
      }
      return 0;
    };
  }
  Squares(const Squares&) = delete;
  Squares& operator=(const Squares&) = delete;

  std::size_t shape[1];
  const double* x = nullptr;
  double factor = 1;
  gradcheck_input input{};
  gradcheck_output output{};
  gradcheck_layer layer{};
};

}  // namespace

TEST_CASE("c_api: shards are one candidate, each on its part") {
  Squares first(3), second(2), whole(5);
  const gradcheck_layer layers[] = {first.layer, second.layer};
  std::int32_t along[] = {0};
  gradcheck_shards shards{};
  shards.struct_size = sizeof shards;
  shards.name = "halves";
  shards.layers = layers;
  shards.layer_count = 2;
  shards.input_axes = along;
  shards.output_axes = along;
  gradcheck_candidate given{};
  given.struct_size = sizeof given;
  given.reference = &whole.layer;
  given.shards = &shards;
  const auto check = [&](gradcheck_report** report) {
    return gradcheck_check_candidate(&given, nullptr, report);
  };
  CHECK(result_of(check).verdict == GRADCHECK_AGREE);
  second.factor = 1.01;
  CHECK(result_of(check).verdict == GRADCHECK_DISAGREE);
  given.layer = &first.layer;
  CHECK(result_of(check).error == "candidate: layer has a value, expected none beside shards");
  given.layer = nullptr;
  shards.layer_count = 1;
  CHECK(result_of(check).error == "halves: shards has <1>, expected at least 2");
  shards.layer_count = 2;
  along[0] = -1;
  CHECK(result_of(check).error ==
        "shards: input_axes has <-1>, expected an axis from 0, or GRADCHECK_ALL");
  shards.output_axes = nullptr;
  along[0] = GRADCHECK_ALL;
  CHECK(result_of(check).error == "shards: output_axes has <null>, expected a pointer");
}
