#pragma once

#include <exception>
#include <string>

#include <gradcheck/c_api.h>
#include <gradcheck/tensor/errors.hpp>
#include <gradcheck/user_layers/stopped.hpp>

namespace gradcheck {

/// A callback that returned an error, threw, or wrote where it must not.
class CallbackError : public Error {
 public:
  using Error::Error;
};

/// Who is called, for messages: "affine.forward".
struct Callee {
  std::string layer;
  gradcheck_error_text error_text = nullptr;
  void* context = nullptr;

  [[noreturn]] void fail(const char* callback, const std::string& problem) const;
  /// The same for a callback that returned `code`.
  [[noreturn]] void fail(const char* callback, int code) const;
};

/// Calls foreign code. Throws Stopped if it returns GRADCHECK_STOP, CallbackError if it returns
/// anything else but 0, or throws.
template <class Callback>
void call(const Callee& callee, const char* callback, Callback function) {
  int code = 0;
  try {
    code = function();
  } catch (const std::exception& thrown) {
    callee.fail(callback, "throws <" + std::string(thrown.what()) + ">, expected it to return");
  } catch (...) {
    callee.fail(callback, "throws something that is no std::exception, expected it to return");
  }
  if (code == GRADCHECK_STOP) {
    throw Stopped{};
  }
  if (code != 0) {
    callee.fail(callback, code);
  }
}

}  // namespace gradcheck
