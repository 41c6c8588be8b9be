#include <gradcheck/c/callback.hpp>

namespace gradcheck {
namespace {

/// What the layer says about the code, in "; ..."; a text that cannot be had is left out.
std::string explanation(const Callee& callee, int code) {
  try {
    const char* const text =
        callee.error_text == nullptr ? nullptr : callee.error_text(callee.context, code);
    return text == nullptr ? "" : ": " + std::string(text);
  } catch (...) {
    return "";
  }
}

}  // namespace

void Callee::fail(const char* callback, const std::string& problem) const {
  throw CallbackError(layer + "." + callback + ": " + problem);
}

void Callee::fail(const char* callback, int code) const {
  fail(callback, "returns <" + std::to_string(code) + ">, expected 0" + explanation(*this, code));
}

}  // namespace gradcheck
