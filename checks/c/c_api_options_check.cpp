#include <c/c_layer.hpp>
#include <doctest/doctest.h>

using gradcheck::sample::CLayer;
using gradcheck::sample::CReport;

namespace {

template <class Change>
std::string error_with(Change change) {
  CLayer<double> sample;
  gradcheck_options options{};
  options.struct_size = sizeof options;
  change(options);
  const CReport report(&sample.layer, &options);
  CHECK(report.status == GRADCHECK_INVALID);
  return report.error;
}

}  // namespace

TEST_CASE("c_api: a callback that stops the check is the last one called") {
  CLayer<double> sample;
  int calls = 0;
  sample.in_forward = [&] { return ++calls < 20 ? 0 : GRADCHECK_STOP; };
  const CReport report(&sample.layer);
  CHECK(report.status == GRADCHECK_STOPPED);
  CHECK(report.error == "a callback has stopped the check");
  CHECK(report.get() == nullptr);
  CHECK(calls == 20);
  CHECK(sample.weight[1] == -1.25);
}

TEST_CASE("c_api: progress is told, and may stop the check") {
  CLayer<double> sample;
  gradcheck_options options{};
  options.struct_size = sizeof options;
  int calls = 0;
  options.progress_context = &calls;
  options.progress = [](void* context, const gradcheck_progress_info* now) {
    CHECK(now->done <= now->entries);
    CHECK(now->case_count == 1);
    return ++*static_cast<int*>(context) < 2 ? 0 : static_cast<int>(GRADCHECK_STOP);
  };
  const CReport report(&sample.layer, &options);
  CHECK(report.status == GRADCHECK_STOPPED);
  CHECK(calls == 2);
}

TEST_CASE("c_api: names and tolerances of tensors that there are not are refused") {
  [[maybe_unused]] static const char* const names[] = {"w", "bias"};
  [[maybe_unused]] static const char* const inputs[] = {"scale"};
  static const gradcheck_tolerance tolerance{sizeof tolerance, "u*", 1e-3};
  CHECK(error_with([](auto& o) { o.only = names, o.only_count = 2; }) ==
        "rows: only has <bias>, expected a name or glob of the tensors with a gradient: x, w, b");
  CHECK(error_with([](auto& o) { o.skip = inputs, o.skip_count = 1; }) ==
        "rows: skip has <scale>, expected a name or glob of the tensors with a gradient: x, w, b");
  CHECK(error_with([](auto& o) { o.rtols = &tolerance, o.rtol_count = 1; }) ==
        "rows: rtols has <u*>, expected a name or glob of the tensors with a gradient: x, w, b");
  CHECK(error_with([](auto& o) { o.only_count = 1; }) ==
        "options: only has <null>, expected a pointer");
  CHECK(error_with([](auto& o) { o.max_seconds = -1; }) ==
        "options: max_seconds has <-1>, expected a finite number above 0, or 0 for the default");
  CHECK(error_with([](auto& o) { o.analytic_precision = 7; }) ==
        "options: analytic_precision has <7>, expected GRADCHECK_FLOAT64 (0) or "
        "GRADCHECK_FLOAT32 (1)");
  CHECK(error_with([](auto& o) { o.reserved = 1; }) == "options: reserved has <1>, expected 0");
}

TEST_CASE("c_api: a reference needs no backward, but a forward") {
  CLayer<float> sample;
  CLayer<double> reference;
  reference.layer.backward = nullptr;
  gradcheck_options options{};
  options.struct_size = sizeof options;
  options.reference = &reference.layer;
  CHECK(CReport(&sample.layer, &options).status == GRADCHECK_OK);
  reference.layer.forward = nullptr;
  CHECK(CReport(&sample.layer, &options).error == "rows: forward has <null>, expected a pointer");
}

TEST_CASE("c_api: what the layer's language sees ends up in the report") {
  CLayer<double> sample;
  sample.layer.take_finding = [](void*, std::int32_t* breaks_contract) -> const char* {
    static int told = 0;
    *breaks_contract = told == 0 ? 1 : 0;
    return told == 0   ? (++told, "keeps its upstream")
           : told == 1 ? (++told, "is slow")
                       : (told = 0, nullptr);
  };
  const CReport report(&sample.layer);
  CHECK(report.verdict() == GRADCHECK_DISAGREE);
  const std::string text = gradcheck_report_text(report.get());
  CHECK(text.find("keeps its upstream") != std::string::npos);
  CHECK(text.find("is slow") != std::string::npos);
}

TEST_CASE("c_api: forward at several points at once must give what forward gives") {
  CLayer<double> sample;
  static double offset = 0;
  sample.layer.forward_batch = [](void* context, std::size_t points, const void* const* inputs,
                                  void* const* outputs) {
    CLayer<double>& own = *static_cast<CLayer<double>*>(context);
    for (std::size_t k = 0; k < points; ++k) {
      const double* const x = static_cast<const double*>(inputs[0]) + 15 * k;
      const double* const scale = static_cast<const double*>(inputs[1]) + 5 * k;
      double* const y = static_cast<double*>(outputs[0]) + 5 * k;
      for (std::size_t n = 0; n < 5; ++n) {
        y[n] = scale[n] * (x[3 * n] * own.weight[0] + x[3 * n + 1] * own.weight[1] +
                           x[3 * n + 2] * own.weight[2] + own.bias + offset);
      }
    }
    return 0;
  };
  CHECK(CReport(&sample.layer).verdict() == GRADCHECK_AGREE);
  offset = 0.5;
  const CReport wrong(&sample.layer);
  CHECK(wrong.verdict() == GRADCHECK_DISAGREE);
  CHECK(
      std::string(gradcheck_report_text(wrong.get())).find("forward_batch gives another result") !=
      std::string::npos);
}

TEST_CASE("c_api: an output without a name gives way to an input called y") {
  CLayer<double> sample;
  sample.inputs[0].name = "y";
  const CReport report(&sample.layer);
  CHECK(report.status == GRADCHECK_OK);
  CHECK(report.tensor("y").role == std::string("input"));
}

TEST_CASE("c_api: writes to inputs are seen in forward and in backward") {
  CLayer<double> sample;
  double* input = nullptr;
  const auto forward = sample.layer.forward;
  struct Own {
    CLayer<double>* sample;
    decltype(forward) inner;
    double** input;
  } own{&sample, forward, &input};
  sample.layer.context = &own;
  sample.layer.forward = [](void* context, const void* const* x, void* const* y) {
    Own& o = *static_cast<Own*>(context);
    *o.input = const_cast<double*>(static_cast<const double*>(x[0]));
    return o.inner(o.sample, x, y);
  };
  static const auto backward = CLayer<double>().layer.backward;
  sample.layer.backward = [](void* context, const void* const* dy, void* const* dx) {
    Own& o = *static_cast<Own*>(context);
    const int status = backward(o.sample, dy, dx);
    (*o.input)[0] += 1;
    return status;
  };
  const CReport report(&sample.layer);
  const std::string text = gradcheck_report_text(report.get());
  CHECK(text.find("backward writes to its input x") != std::string::npos);
  CHECK(text.find("forward writes to its input x") == std::string::npos);
}
