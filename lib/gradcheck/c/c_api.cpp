#include <exception>
#include <memory>
#include <new>

#include <gradcheck/c/c_structs.hpp>
#include <gradcheck/c/check_callbacks.hpp>
#include <gradcheck/c/requests.hpp>
#include <gradcheck/c_api.h>
#include <gradcheck/report/json.hpp>
#include <gradcheck/report/text.hpp>
#include <gradcheck/version.hpp>

/// A finished check, with everything that callers may point into.
struct gradcheck_report {
  std::vector<gradcheck::TensorReport> tensors;
  int32_t verdict = GRADCHECK_ERROR;
  std::string json;
  std::string text;
};

namespace gradcheck {
namespace {

static_assert(GRADCHECK_MAX_RANK == max_rank);

/// Of this thread. What cannot be stored for want of memory is said in a fixed text.
class LastError {
 public:
  void clear() noexcept { text_ = nullptr; }
  void set(const char* text) noexcept {
    try {
      storage_ = text;
      text_ = storage_.c_str();
    } catch (...) {
      text_ = "out of memory";
    }
  }
  const char* text() const noexcept { return text_ == nullptr ? "" : text_; }

 private:
  std::string storage_;
  const char* text_ = nullptr;
};

LastError& last_error() noexcept {
  thread_local LastError error;
  return error;
}

int failed(int status, const char* text) noexcept {
  last_error().set(text);
  return status;
}

/// Runs `work`; what it throws becomes the status that is returned and the thread's last error.
template <class Work>
int guarded(Work work) noexcept {
  last_error().clear();
  try {
    work();
    return GRADCHECK_OK;
  } catch (const Stopped&) {
    return failed(GRADCHECK_STOPPED, "a callback has stopped the check");
  } catch (const CallbackError& error) {
    return failed(GRADCHECK_CALLBACK_FAILED, error.what());
  } catch (const Error& error) {
    return failed(GRADCHECK_INVALID, error.what());
  } catch (const std::bad_alloc&) {
    return failed(GRADCHECK_NO_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return failed(GRADCHECK_INTERNAL, error.what());
  } catch (...) {
    return failed(GRADCHECK_INTERNAL, "unknown exception");
  }
}

int32_t number_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::agree:
      return GRADCHECK_AGREE;
    case Verdict::inconclusive:
      return GRADCHECK_INCONCLUSIVE;
    case Verdict::disagree:
      return GRADCHECK_DISAGREE;
    case Verdict::error:
      break;
  }
  return GRADCHECK_ERROR;
}

std::unique_ptr<gradcheck_report> finished(const Report& report) {
  auto result = std::make_unique<gradcheck_report>();
  Verdict verdict = Verdict::agree;
  for (const CaseReport& one : report.cases) {
    verdict = graver(verdict, one.verdict);
    result->tensors.insert(result->tensors.end(), one.tensors.begin(), one.tensors.end());
  }
  result->verdict = report.cases.empty() ? GRADCHECK_ERROR : number_of(verdict);
  result->json = to_json(report);
  result->text = to_text(report, {});
  return result;
}

/// Fills in *report with what `check` returns; null where it throws.
template <class Check>
int reported(const char* function, gradcheck_report** report, Check check) noexcept {
  if (report != nullptr) {
    *report = nullptr;
  }
  return guarded([&] {
    require_pointer(report, function, "report");
    *report = finished(check()).release();
  });
}

gradcheck_tensor tensor_of(const TensorReport& tensor) noexcept {
  gradcheck_tensor result{};
  result.struct_size = sizeof result;
  result.name = tensor.name.c_str();
  result.role = tensor.role.c_str();
  result.reason = tensor.reason.c_str();
  result.shape = tensor.shape.data();
  result.rank = tensor.shape.size();
  result.entries = tensor.entries;
  result.disagreeing = tensor.disagreeing;
  result.inconclusive = tensor.inconclusive;
  result.unresolved = tensor.unresolved;
  result.max_relative_error = tensor.max_relative_error;
  result.max_absolute_error = tensor.max_absolute_error;
  result.max_bound = tensor.max_bound;
  result.worst_index = tensor.worst.index.data();
  result.worst_rank = tensor.worst.index.size();
  result.worst_analytic = tensor.worst.analytic;
  result.worst_numeric = tensor.worst.numeric;
  result.worst_bound = tensor.worst.bound;
  result.verdict = number_of(tensor.verdict);
  return result;
}

const TensorReport& tensor_at(const gradcheck_report* report, std::size_t k) {
  require_pointer(report, "gradcheck_report_tensor", "report");
  if (k >= report->tensors.size()) {
    throw_value("gradcheck_report_tensor", "k", "<" + std::to_string(k) + ">",
                "a number below " + std::to_string(report->tensors.size()));
  }
  return report->tensors[k];
}

}  // namespace
}  // namespace gradcheck

using namespace gradcheck;

const char* gradcheck_version(void) { return version; }

uint32_t gradcheck_api_version(void) { return GRADCHECK_API_VERSION; }

int gradcheck_check_layer(const gradcheck_layer* layer, const gradcheck_options* options,
                          gradcheck_report** report) {
  return reported("gradcheck_check_layer", report, [&] {
    const CallbackOptions chosen = read_options(options);
    return check_callbacks(read_layer(layer), chosen);
  });
}

int gradcheck_check_network(const gradcheck_network* network, const gradcheck_options* options,
                            gradcheck_report** report) {
  return reported("gradcheck_check_network", report,
                  [&] { return check_network_request(network, read_options(options)); });
}

int gradcheck_run_cases(const gradcheck_run* run, const gradcheck_options* options,
                        gradcheck_report** report) {
  return reported("gradcheck_run_cases", report,
                  [&] { return run_cases_request(run, read_options(options)); });
}

int gradcheck_check_points(const gradcheck_points* points, const gradcheck_options* options,
                           gradcheck_report** report) {
  return reported("gradcheck_check_points", report,
                  [&] { return check_points_request(points, read_options(options)); });
}

int gradcheck_check_candidate(const gradcheck_candidate* candidate,
                              const gradcheck_options* options, gradcheck_report** report) {
  return reported("gradcheck_check_candidate", report,
                  [&] { return check_candidate_request(candidate, read_options(options)); });
}

const char* gradcheck_last_error(void) { return last_error().text(); }

int gradcheck_report_verdict(const gradcheck_report* report) {
  return report == nullptr ? GRADCHECK_ERROR : report->verdict;
}

size_t gradcheck_report_tensor_count(const gradcheck_report* report) {
  return report == nullptr ? 0 : report->tensors.size();
}

int gradcheck_report_tensor(const gradcheck_report* report, size_t k, gradcheck_tensor* result) {
  return guarded([&] {
    const TensorReport& tensor = tensor_at(report, k);
    const std::size_t size = struct_size_of(result, "result");
    require_struct_size(size, sizeof(gradcheck_tensor), "result");
    gradcheck_tensor found = tensor_of(tensor);
    found.struct_size = size;
    std::memcpy(result, &found, sizeof found);
  });
}

const char* gradcheck_report_json(const gradcheck_report* report) {
  return report == nullptr ? "" : report->json.c_str();
}

const char* gradcheck_report_text(const gradcheck_report* report) {
  return report == nullptr ? "" : report->text.c_str();
}

void gradcheck_report_free(gradcheck_report* report) { delete report; }
