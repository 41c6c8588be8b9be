#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

const Given y = both_signs("y", {3, 5}, 0.3, 2);
const Given t = both_signs("t", {3, 5}, 0.3, 2);

Specimen loss(std::string name, std::string call, std::vector<Given> given,
              std::vector<Defect> defects) {
  return {std::move(name),    "clean", "L = " + std::move(call), std::move(given),
          std::move(defects), {}};
}

std::vector<Specimen> pointwise() {
  const Given bits = fixed(values("b", {3, 5}, {0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0}));
  const Given counts = fixed(values("n", {3, 5}, {0, 1, 3, 2, 5, 1, 4, 0, 2, 6, 1, 1, 3, 2, 0}));
  return {
      loss("huber", "huber(y, t, 0.7)", {y, t},
           {{"sign", {"huber"}, negated(1)},
            {"wrong constant", {"huber"}, pairwise([](auto a, auto b, auto dy, auto& da, auto&) {
               const auto d = a - b;
               da = std::abs(d) > 0.7 ? dy / 15 * d / std::abs(d) : dy / 15 * d;
             })}}),
      loss("smooth_l1", "smooth_l1(y, t, 0.7)", {y, t},
           {{"missing factor", {"smooth_l1"}, scaled(0.7)}, {"zero", {"smooth_l1"}, dropped(1)}}),
      loss("kl_divergence", "kl_divergence(log_softmax(y), square(t))", {y, t},
           {{"missing term", {"kl_divergence"}, shifted(-1.0 / 15, 1)},
            {"averaged", {"kl_divergence"}, scaled(5)}}),
      loss("hinge", "hinge(y, 2 * b - 1, 0.9)", {y, bits},
           {{"sign", {"hinge"}, negated()}, {"missing factor", {"hinge"}, scaled(15)}}),
      loss("poisson_nll", "poisson_nll(y, n)", {y, counts},
           {{"missing term", {"poisson_nll"}, shifted(0.1)},
            {"relative 1e-6", {"poisson_nll"}, scaled(1 + 1e-6)}}),
      loss("focal", "focal(y, b, 0.3, 1.5)", {y, bits},
           {{"missing factor", {"focal"}, scaled(1 / 0.3)},
            {"wrong argument", {"focal"}, at_multiple(1 + 1e-5)}}),
      loss("binary_cross_entropy_with_logits, weighted",
           "binary_cross_entropy_with_logits(y, b, pos_weight=[0.5, 2, 3, 1.5, 0.7])", {y, bits},
           {{"sign", {"binary_cross_entropy_with_logits"}, magnitude()}}),
      loss("dice", "dice(sigmoid(y), b)", {y, bits},
           {{"missing term", {"dice"}, shifted(0.01)}, {"missing factor", {"dice"}, scaled(0.5)}}),
      loss("gaussian_nll", "gaussian_nll(y, t, square(v))", {y, t, both_signs("v", {3, 5})},
           {{"missing factor", {"gaussian_nll"}, scaled(2)},
            {"missing term", {"gaussian_nll"}, shifted(0.05, 2)}}),
  };
}

std::vector<Specimen> of_classes() {
  const Given n = labels("n", 3, 5);
  const Given w = fixed(values("w", {5}, {0.5, 2, 1.25, 0.75, 1.5}));
  return {
      loss("cross_entropy", "cross_entropy(y, n, w, label_smoothing=0.1)", {y, n, w},
           {{"averaged", {"cross_entropy"}, scaled(3)},
            {"wrong argument", {"cross_entropy"}, at_multiple(1.01)},
            {"one entry only", {"cross_entropy"}, scaled_entry(8, 1 + 1e-6)}}),
      loss("cross_entropy of maps", "cross_entropy(x, n)",
           {both_signs("x", {2, 4, 3}, 0.3, 2), fixed(values("n", {2, 3}, {0, 3, -100, 1, 2, 2}))},
           {{"ignored mask", {"cross_entropy"}, shifted(0.01)},
            {"averaged", {"cross_entropy"}, scaled(5.0 / 6)}}),
      loss("nll_loss", "nll_loss(y, n, w)", {y, n, w},
           {{"sign", {"nll_loss"}, negated()},
            {"averaged", {"nll_loss"}, averaged_over_rows()},
            {"missing factor", {"nll_loss"}, scaled(0.9)}}),
      loss("multi_margin", "multi_margin(y, n, 2, 1.5)", {y, n},
           {{"missing factor", {"multi_margin"}, scaled(0.5)},
            {"averaged", {"multi_margin"}, scaled(5)}}),
      loss("ctc_loss", "ctc_loss(log_softmax(x), n, [4, 3], [2, 1])",
           {both_signs("x", {4, 2, 3}, 0.3, 1.5), fixed(values("n", {2, 2}, {1, 2, 2, 2}))},
           {{"sign", {"ctc_loss"}, negated()},
            {"one entry only", {"ctc_loss"}, scaled_entry(7, 1 + 1e-6)}}),
  };
}

std::vector<Specimen> of_distances() {
  const Given v = fixed(both_signs("v", {3}));
  return {
      loss("cosine_similarity", "sum(v * cosine_similarity(y, t))", {y, t, v},
           {{"missing term",
             {"cosine_similarity"},
             [](auto& call) {
               for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
                 call.dx[0].data()[i] = call.dy[0].data()[i / 5] * call.x[1]->data()[i];
               }
             }},
            {"zero", {"cosine_similarity"}, dropped(1)}}),
      loss("cosine_embedding", "cosine_embedding(y, t, [1, -1, 1], -0.9)", {y, t},
           {{"sign", {"cosine_embedding"}, negated()},
            {"missing factor", {"cosine_embedding"}, scaled(3, 1)}}),
      loss("triplet_margin", "triplet_margin(y, t, n, 5)", {y, t, both_signs("n", {3, 5}, 0.3, 2)},
           {{"zero", {"triplet_margin"}, dropped(2)},
            {"missing term",
             {"triplet_margin"},
             [](auto& call) {
               for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
                 call.dx[0].data()[i] = -call.dx[1].data()[i];
               }
             }}}),
      {"binary hinge at its margin",
       "kink",
       "L = hinge(y, [1, -1, 1])",
       {values("y", {3}, {1, -1, 0.5})},
       {{"wrong branch", {"hinge"}, entrywise([](auto a, auto d) { return a == 1 ? 3 - d : d; })}},
       {}},
  };
}

std::vector<Specimen> of_matrices() {
  const Given x = normal("x", {2, 3, 3}, 0.3);
  const std::string safe = "x + 2 * eye(3)";
  const Given u = fixed(both_signs("u", {2, 3, 3}));
  const Given v = fixed(both_signs("v", {2}));
  return {
      loss("inverse", "sum(u * inverse(" + safe + "))", {x, u},
           {{"transpose", {"inverse"}, transposed()}, {"sign", {"inverse"}, negated()}}),
      loss("solve", "sum(w * solve(" + safe + ", b))",
           {x, normal("b", {3, 2}), fixed(both_signs("w", {2, 3, 2}))},
           {{"missing batch sum", {"solve"}, scaled(0.5, 1)},
            {"transpose", {"solve"}, transposed()}}),
      loss("cholesky",
           "sum(u * cholesky(matmul(" + safe + ", transpose(" + safe +
               ", axes=[0, 2, 1])) + eye(3)))",
           {x, u},
           {{"missing factor", {"cholesky"}, scaled(2)},
            {"one entry only", {"cholesky"}, scaled_entry(4, 1 + 1e-6)}}),
      loss("determinant", "sum(v * determinant(" + safe + "))", {x, v},
           {{"transpose", {"determinant"}, transposed()},
            {"missing factor",
             {"determinant"},
             [](auto& call) {
               for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
                 call.dx[0].data()[i] /= call.y[0].data()[i / 9];
               }
             }}}),
      loss("logdet", "sum(v * logdet(" + safe + "))", {x, v},
           {{"transpose", {"logdet"}, transposed()}, {"sign", {"logdet"}, magnitude()}}),
  };
}

}  // namespace

std::vector<Specimen> more_loss_specimens() {
  std::vector<Specimen> all = pointwise();
  for (const auto& family : {of_classes(), of_distances(), of_matrices()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
