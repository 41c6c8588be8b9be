#include <regex>

#include <defects/opaque/attainable.hpp>
#include <defects/opaque/cure.hpp>

namespace gradcheck::defects::opaque {

namespace {

std::optional<double> number_after(const std::string& text, const std::string& word) {
  const std::regex pattern(word + R"((?: of| =|=)? ?([0-9]+\.?[0-9]*(?:e[-+]?[0-9]+)?))");
  std::smatch match;
  if (std::regex_search(text, match, pattern)) {
    return std::stod(match[1]);
  }
  return std::nullopt;
}

std::string texts_of(const Report& report) {
  std::string text;
  for (const CaseReport& each : report.cases) {
    for (const TensorReport& tensor : each.tensors) {
      text += tensor.reason + "\n";
    }
    for (const auto* list : {&each.notes, &each.findings}) {
      for (const std::string& line : *list) {
        text += line + "\n";
      }
    }
  }
  return text;
}

}  // namespace

Advice advice_in(const Report& report) {
  const std::string text = texts_of(report);
  Advice advice;
  advice.step = number_after(text, "step");
  advice.rtol = number_after(text, "rtol");
  advice.move_point = text.find("off the kink") != std::string::npos;
  return advice;
}

Outcome follow(const Advice& advice, const Specimen& specimen, const Arrays<double>& point,
               CheckOptions options) {
  options.step = advice.step;
  options.rtol = advice.rtol.value_or(options.rtol);
  return check_specimen(specimen, advice.move_point ? off_kinks(specimen, point) : point, "",
                        options);
}

}  // namespace gradcheck::defects::opaque
