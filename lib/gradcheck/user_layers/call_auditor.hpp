#pragma once

#include <string>
#include <vector>

#include <gradcheck/user_layers/user_layer.hpp>

namespace gradcheck {

/// Looks on while user code runs: whether it writes to what it was only to read, and whether what
/// it returns lies in somebody else's memory. Only the first calls are watched.
class CallAuditor {
 public:
  bool on() const { return calls_ < watched_calls; }

  /// The inputs before and after a call.
  void inputs(const char* call, const Tensors<double>& before, const Tensors<double>& after);
  void upstream(const Tensors<double>& before, const Tensors<double>& after);

  /// Where the k-th tensor that a call returned has its entries, and where what it was given has.
  void returned(const char* call, std::size_t k, const void* memory);
  void held(const char* what, const void* memory);
  /// Compares both, and forgets them.
  void compare_memory();

  std::vector<LayerFinding> take();

 private:
  static constexpr int watched_calls = 64;
  struct Place {
    std::string what;
    const void* memory;
  };
  void changed(const char* call, const char* what, const Tensors<double>& before,
               const Tensors<double>& after);
  void find(std::string text, bool breaks_contract);

  int calls_ = 0;
  std::vector<Place> returned_;
  std::vector<Place> held_;
  std::vector<LayerFinding> findings_;
};

/// Equal in shape and entry by entry, NaN and NaN included.
bool identical(const Tensor& a, const Tensor& b);

}  // namespace gradcheck
