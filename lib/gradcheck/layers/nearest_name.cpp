#include <algorithm>
#include <cctype>
#include <utility>

#include <gradcheck/layers/library.hpp>

namespace gradcheck {

namespace {

/// Names under which NumPy, PyTorch and textbooks know what is called otherwise here. They are not
/// accepted, only understood well enough to name the right one.
constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"alpha", "negative_slope"},
    {"axes", "axis"},
    {"axis", "axes"},
    {"bce", "binary_cross_entropy"},
    {"bce_loss", "binary_cross_entropy"},
    {"bce_with_logits", "binary_cross_entropy_with_logits"},
    {"broadcast_add", "add"},
    {"cross_entropy_loss", "cross_entropy"},
    {"dense", "affine"},
    {"dim", "axis"},
    {"dims", "axes"},
    {"chunks", "sections"},
    {"exponential", "exp"},
    {"fc", "affine"},
    {"fully_connected", "affine"},
    {"hinge_loss", "hinge"},
    {"inner", "dot"},
    {"keepdim", "keepdims"},
    {"l2_loss", "half_squared_error"},
    {"linear", "affine"},
    {"ln", "log"},
    {"logistic", "sigmoid"},
    {"mae", "mean_absolute_error"},
    {"mse", "mean_squared_error"},
    {"p", "exponent"},
    {"ravel", "flatten"},
    {"reduce_max", "max"},
    {"reduce_mean", "mean"},
    {"reduce_sum", "sum"},
    {"sgn", "sign"},
    {"slope", "negative_slope"},
    {"sqr", "square"},
    {"square_root", "sqrt"},
    {"squared_error", "half_squared_error"},
    {"sse", "half_squared_error"},
    {"svm_loss", "multiclass_hinge"},
    {"times", "multiply"},
    {"average", "mean"},
    {"power_of", "power"},
    {"size", "shape"},
};

/// Operations of NumPy and PyTorch that are no slips of the pen: where we have none of that name,
/// another operation of a similar name (dot for det) is no help.
constexpr std::string_view other_operations[] = {
    "acos",   "acosh",     "all",       "any",    "argmax", "argmin", "asin", "asinh",  "atan",
    "atan2",  "atanh",     "ceil",      "conj",   "cosh",   "cot",    "coth", "cross",  "csc",
    "cumsum", "det",       "diag",      "diff",   "dstack", "erf",    "erfc", "erfinv", "expm",
    "expm1",  "fft",       "floor",     "hstack", "imag",   "inv",    "kron", "log10",  "log1p",
    "log2",   "logaddexp", "logsumexp", "median", "mod",    "nansum", "norm", "prod",   "qr",
    "rank",   "real",      "roll",      "round",  "sec",    "sech",   "sign", "sinc",   "sinh",
    "solve",  "sort",      "std",       "svd",    "tan",    "tile",   "topk", "trace",  "tril",
    "triu",   "trunc",     "unique",    "var",    "vstack",
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to turn a
/// into b ("optimal string alignment": no letter is touched twice).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

/// No name of ours is nearly as long; comparing with longer ones would only cost time.
constexpr std::size_t longest_name = 64;

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > longest_name) {
    return "";
  }
  const std::string wanted = lower(name);
  for (const auto& [other, ours] : other_names) {
    if (other == wanted && std::ranges::count(candidates, ours) > 0) {
      return std::string(ours);
    }
  }
  if (std::ranges::count(other_operations, wanted) > 0 &&
      std::ranges::count(candidates, wanted) == 0) {
    return "";
  }
  std::string nearest;
  std::size_t smallest = longest_name;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    if (distance < smallest && 3 * distance <= candidate.size()) {
      smallest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace gradcheck
