#include <cstddef>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <c/c_layer.hpp>
#include <doctest/doctest.h>

using gradcheck::sample::CLayer;
using gradcheck::sample::CReport;

namespace {

/// What is said about a layer that something was done to.
template <class Change>
std::string error_after(Change change, int wanted = GRADCHECK_INVALID) {
  CLayer<double> sample;
  change(sample);
  const CReport report(&sample.layer);
  CHECK(report.status == wanted);
  CHECK(report.get() == nullptr);
  return report.error;
}

std::string size_text(std::size_t size) { return std::to_string(size); }

}  // namespace

TEST_CASE("c_api: null pointers are refused by name") {
  CHECK(CReport(nullptr).error == "layer: has <null>, expected a pointer");
  CLayer<double> sample;
  CHECK(gradcheck_check_layer(&sample.layer, nullptr, nullptr) == GRADCHECK_INVALID);
  CHECK(std::string(gradcheck_last_error()) ==
        "gradcheck_check_layer: report has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.layer.forward = nullptr; }) ==
        "rows: forward has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.layer.backward = nullptr; }) ==
        "rows: backward has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.layer.inputs = nullptr; }) ==
        "rows.inputs[0]: has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.inputs[0].shape = nullptr; }) ==
        "rows.x: shape has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.inputs[1].data = nullptr; }) ==
        "rows.scale: data has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.layer.outputs = nullptr; }) ==
        "rows.outputs[0]: has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.parameters[1].value = nullptr; }) ==
        "rows.b: value has <null>, expected a pointer");
  CHECK(error_after([](auto& s) { s.parameters[1].gradient = nullptr; }) ==
        "rows.b: gradient has <null>, expected a pointer");
}

TEST_CASE("c_api: a struct_size that is too small or absurd is refused") {
  const std::size_t first = offsetof(gradcheck_layer, forward_batch);
  CHECK(error_after([](auto& s) { s.layer.struct_size = 0; }) ==
        "layer: struct_size has <0>, expected at least " + size_text(first));
  CHECK(error_after([](auto& s) {
          s.layer.struct_size = offsetof(gradcheck_layer, forward_batch) - 1;
        }) == "layer: struct_size has <" + size_text(first - 1) + ">, expected at least " +
                  size_text(first));
  CHECK(error_after([](auto& s) {
          s.inputs[0].struct_size = std::numeric_limits<std::size_t>::max();
        }) == "rows.inputs[0]: struct_size has <18446744073709551615>, expected at most 4096");
  CHECK(error_after([](auto& s) { s.parameters[1].struct_size += 8; }) != "");
}

TEST_CASE("c_api: a newer caller's larger struct is read if what is new in it is zero") {
  struct Larger {
    gradcheck_layer known;
    std::uint64_t later;
  };
  CLayer<double> sample;
  Larger larger{sample.layer, 0};
  larger.known.struct_size = sizeof larger;
  CHECK(CReport(&larger.known).verdict() == GRADCHECK_AGREE);
  larger.later = 1;
  const CReport refused(&larger.known);
  CHECK(refused.status == GRADCHECK_INVALID);
  CHECK(refused.error == "layer: struct_size has <" + size_text(sizeof larger) +
                             ">, expected zeros beyond byte " + size_text(sizeof(gradcheck_layer)) +
                             ": a field is set that this version of gradcheck does not know");
}

TEST_CASE("c_api: structs of an older caller end before the newer fields, which count as zero") {
  CLayer<double> sample;
  sample.layer.struct_size = offsetof(gradcheck_layer, forward_batch);
  sample.layer.reserved = 1;  // memory of somebody else's
  gradcheck_options options{};
  options.struct_size = offsetof(gradcheck_options, reference);
  options.max_seconds = -1;
  const CReport report(&sample.layer, &options);
  CHECK(report.status == GRADCHECK_OK);
  CHECK(report.verdict() == GRADCHECK_AGREE);
}

TEST_CASE("c_api: elements of an array are as far apart as their struct_size says") {
  struct Larger {
    gradcheck_parameter known;
    std::uint64_t later;
  };
  CLayer<double> sample;
  std::array<Larger, 2> larger{{{sample.parameters[0], 0}, {sample.parameters[1], 0}}};
  larger[0].known.struct_size = larger[1].known.struct_size = sizeof(Larger);
  sample.layer.parameters = &larger[0].known;
  CHECK(CReport(&sample.layer).verdict() == GRADCHECK_AGREE);
}

TEST_CASE("c_api: a result's struct_size is looked at before anything is written") {
  CLayer<double> sample;
  const CReport report(&sample.layer);
  gradcheck_tensor small{};
  small.struct_size = 8;
  CHECK(gradcheck_report_tensor(report.get(), 0, &small) == GRADCHECK_INVALID);
  CHECK(small.name == nullptr);
  CHECK(gradcheck_report_tensor(report.get(), 0, nullptr) == GRADCHECK_INVALID);
  small.struct_size = sizeof small;
  CHECK(gradcheck_report_tensor(report.get(), 1000, &small) == GRADCHECK_INVALID);
  CHECK(gradcheck_report_tensor(nullptr, 0, &small) == GRADCHECK_INVALID);
  CHECK(gradcheck_report_tensor(report.get(), 0, &small) == GRADCHECK_OK);
  CHECK(std::string(small.name) == "x");
}

TEST_CASE("c_api: a null report is an error with nothing in it") {
  CHECK(gradcheck_report_verdict(nullptr) == GRADCHECK_ERROR);
  CHECK(gradcheck_report_tensor_count(nullptr) == 0);
  CHECK(std::string(gradcheck_report_json(nullptr)) == "");
  CHECK(std::string(gradcheck_report_text(nullptr)) == "");
  gradcheck_report_free(nullptr);
}

TEST_CASE("c_api: values that mean nothing are refused") {
  CHECK(error_after([](auto& s) { s.layer.dtype = 2; }) ==
        "rows: dtype has <2>, expected GRADCHECK_FLOAT64 (0) or GRADCHECK_FLOAT32 (1)");
  CHECK(error_after([](auto& s) { s.layer.contract = -1; }) ==
        "rows: contract has <-1>, expected GRADCHECK_ASSIGNS (1), GRADCHECK_ADDS (2) or 0");
  CHECK(error_after([](auto& s) { s.layer.output_count = 0; }) ==
        "rows: output_count has <0>, expected at least 1");
  CHECK(error_after([](auto& s) { s.layer.input_count = 0; }) ==
        "rows: input_count has <0>, expected at least 1");
  CHECK(error_after([](auto& s) { s.inputs[0].rank = 33; }) ==
        "rows.x: rank has <33>, expected at most 32");
  CHECK(error_after([](auto& s) { s.inputs[0].reserved = 1; }) ==
        "rows.x: reserved has <1>, expected 0");
  CHECK(error_after([](auto& s) { s.inputs[0].low = 2; }) ==
        "rows.x: low and high has <2.000000, 0.000000>, expected finite ones, low below high (or "
        "both 0)");
  CHECK(error_after([](auto& s) { s.inputs[1].name = "w"; }) ==
        "rows: two tensors named has <w>, expected a name of its own for each");
  CHECK(error_after([](auto& s) { s.parameters[1].gradient = s.parameters[1].value; }) ==
        "rows.b: gradient has <the buffer of the value>, expected a buffer of its own");
}

TEST_CASE("c_api: options that mean nothing are refused") {
  CLayer<double> sample;
  gradcheck_options options{};
  CHECK(CReport(&sample.layer, &options).error ==
        "options: struct_size has <0>, expected at least " +
            size_text(offsetof(gradcheck_options, reference)));
  options.struct_size = sizeof options;
  options.rtol = -1;
  CHECK(CReport(&sample.layer, &options).error ==
        "options: rtol has <-1>, expected a finite number above 0, or 0 for the default");
  options.rtol = 0;
  options.step = std::numeric_limits<double>::infinity();
  CHECK(CReport(&sample.layer, &options).error ==
        "options: step has <inf>, expected a finite number above 0, or 0 for the default");
  options.step = 0;
  options.method = 3;
  CHECK(CReport(&sample.layer, &options).error ==
        "options: method has <3>, expected GRADCHECK_CENTRAL (1), GRADCHECK_FORWARD (2) or 0");
}

TEST_CASE("c_api: a callback's error is told, with the layer's own text for it") {
  const auto fail_forward = [](auto& s) { s.in_forward = [] { return 7; }; };
  CHECK(error_after(fail_forward, GRADCHECK_CALLBACK_FAILED) ==
        "rows.forward: returns <7>, expected 0");
  const auto explained = [](auto& s) {
    s.in_backward = [] { return 12; };
    s.layer.error_text = [](void*, int code) { return code == 12 ? "no device" : "?"; };
  };
  CHECK(error_after(explained, GRADCHECK_CALLBACK_FAILED) ==
        "rows.backward: returns <12>, expected 0: no device");
  const auto shapeless = [](auto& s) {
    s.layer.output_shape = [](void*, size_t, size_t*, size_t*) { return 3; };
  };
  CHECK(error_after(shapeless, GRADCHECK_CALLBACK_FAILED) ==
        "rows.output_shape: returns <3>, expected 0");
}

TEST_CASE("c_api: a callback that throws is an error, and nothing passes through") {
  const auto throws = [](auto& s) {
    s.in_backward = []() -> int { throw std::runtime_error("lost the device"); };
  };
  CHECK(error_after(throws, GRADCHECK_CALLBACK_FAILED) ==
        "rows.backward: throws <lost the device>, expected it to return");
  const auto throws_a_number = [](auto& s) { s.in_forward = []() -> int { throw 5; }; };
  CHECK(error_after(throws_a_number, GRADCHECK_CALLBACK_FAILED) ==
        "rows.forward: throws something that is no std::exception, expected it to return");
}

TEST_CASE("c_api: writing beyond the end of a buffer is found out") {
  const auto overruns = [](auto& s) {
    s.layer.forward = [](void*, const void* const*, void* const* outputs) {
      auto* const y = static_cast<double*>(outputs[0]);
      std::fill(y, y + 6, 1.0);
      return 0;
    };
  };
  CHECK(error_after(overruns, GRADCHECK_CALLBACK_FAILED) ==
        "rows.forward: writes beyond the end of <y>, expected (5,) entries");
}

TEST_CASE("c_api: an output that is not written is an error, a gradient that is not disagrees") {
  const auto nothing = [](void*, const void* const*, void* const*) { return 0; };
  const std::string error = error_after([&](auto& s) {
    s.layer.forward = nothing;
    s.layer.backward = nothing;
  });
  CHECK(error.find("nan") != std::string::npos);
  CLayer<double> sample;
  sample.layer.backward = nothing;
  const CReport report(&sample.layer);
  CHECK(report.verdict() == GRADCHECK_DISAGREE);
  CHECK(report.tensor("x").verdict == GRADCHECK_DISAGREE);
}

TEST_CASE("c_api: a callback that writes to what it is only to read is told off") {
  CLayer<double> sample;
  sample.layer.backward = [](void* self, const void* const* dy, void* const* dx) {
    const CLayer<double> unchanged;
    const int status = unchanged.layer.backward(self, dy, dx);
    *static_cast<double*>(const_cast<void*>(dy[0])) += 1;
    return status;
  };
  const CReport report(&sample.layer);
  CHECK(report.verdict() == GRADCHECK_DISAGREE);
  const std::string text = gradcheck_report_text(report.get());
  CAPTURE(text);
  CHECK(text.find("backward writes to its upstream y") != std::string::npos);
}
