#include <gradcheck/report/stream.hpp>
#include <gradcheck/report/text.hpp>

namespace gradcheck {

std::ostream& operator<<(std::ostream& out, const Report& report) {
  return out << to_text(report, TextStyle{});
}

}  // namespace gradcheck
