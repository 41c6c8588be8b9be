#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gradcheck/result/report.hpp>

namespace gradcheck {

/// "[1, 0]"; "" for {}.
std::string index_text(const std::vector<std::size_t>& index);

/// "cases/x.toml:31:1"; without the numbers if the line is unknown.
std::string place_of(std::string_view file, std::size_t line, std::size_t column);

/// What went wrong with a case that could not be checked, or not all of it.
std::vector<CaseError> errors_of(const CaseReport& report);

/// "cases/x.toml:3:9: error: unknown name 'q'": one line, whatever the message.
std::string error_line(std::string_view file, const CaseError& error);

/// A claim's key as it stands under [errata]: "updated.W3[1, 1]", "after[1].forward.L".
std::string key_of(const ClaimReport& claim);

/// "updated.W3[1, 1] prints -0.94, computed -0.44"
std::string finding_text(const ClaimReport& claim, const Finding& finding);

/// "W3[1, 1]: analytic -0.44, numeric -0.94, bound 3.1e-12"
std::string worst_text(const TensorReport& tensor);

/// "1 of 6 entries disagrees, 2 are inconclusive"; "" if all agree.
std::string counts_text(const TensorReport& tensor);

/// "sign flipped in relu (line 3), gradient of z2: analytic = -numeric everywhere"; of what a line
/// of `derivation` assigns that claims no gradient, "helper slope".
std::string diagnosis_text(const Diagnosis& diagnosis,
                           const std::vector<StatementReport>& derivation);

}  // namespace gradcheck
