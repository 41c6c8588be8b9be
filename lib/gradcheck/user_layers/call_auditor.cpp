#include <algorithm>
#include <cmath>

#include <gradcheck/user_layers/call_auditor.hpp>

namespace gradcheck {

bool identical(const Tensor& a, const Tensor& b) {
  return shape_of(a) == shape_of(b) &&
         std::ranges::equal(entries(a), entries(b), [](double x, double y) {
           return x == y || (std::isnan(x) && std::isnan(y));
         });
}

void CallAuditor::find(std::string text, bool breaks_contract) {
  const auto known = [&](const LayerFinding& finding) { return finding.text == text; };
  if (std::ranges::none_of(findings_, known)) {
    findings_.push_back({std::move(text), breaks_contract});
  }
}

void CallAuditor::changed(const char* call, const char* what, const Tensors<double>& before,
                          const Tensors<double>& after) {
  for (std::size_t k = 0; k < std::min(before.size(), after.size()); ++k) {
    if (!identical(before[k], after[k])) {
      const std::string which = before.size() == 1 ? "" : " " + std::to_string(k);
      find(std::string(call) + " writes to its " + what + which + ", expected it unchanged", true);
    }
  }
}

void CallAuditor::inputs(const char* call, const Tensors<double>& before,
                         const Tensors<double>& after) {
  changed(call, "input", before, after);
  ++calls_;
}

void CallAuditor::upstream(const Tensors<double>& before, const Tensors<double>& after) {
  changed("backward", "upstream", before, after);
}

void CallAuditor::returned(const char* call, std::size_t k, const void* memory) {
  if (memory != nullptr) {
    returned_.push_back({std::string(call) + "'s result " + std::to_string(k), memory});
  }
}

void CallAuditor::held(const char* what, const void* memory) {
  if (memory != nullptr) {
    held_.push_back({what, memory});
  }
}

void CallAuditor::compare_memory() {
  for (std::size_t k = 0; k < returned_.size(); ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      if (returned_[j].memory == returned_[k].memory) {
        find(returned_[k].what + " lies in the same memory as result " + std::to_string(j) +
                 ": who changes one changes both",
             false);
      }
    }
    for (const Place& place : held_) {
      if (place.memory == returned_[k].memory) {
        find(returned_[k].what + " lies in the memory of its " + place.what +
                 ": who changes one changes both",
             false);
      }
    }
  }
  returned_.clear();
  held_.clear();
}

std::vector<LayerFinding> CallAuditor::take() { return std::exchange(findings_, {}); }

}  // namespace gradcheck
