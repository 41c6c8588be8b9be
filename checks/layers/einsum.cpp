#include <gradcheck/layers/einsum.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

const Tensor a = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
const Tensor b = tensor({3, 2}, {1, -1, 2, 0, -3, 4});

LayerPtr einsum(const std::string& equation) {
  return standard("einsum", {{"equation", equation}});
}

}  // namespace

TEST_CASE("einsum: values agree with NumPy") {
  CHECK(near(value(einsum("ij,jk->ik"), {a, b}), tensor({2, 2}, {-4, 11, -4, 20}), 0));
  CHECK(near(value(einsum("ij,jk"), {a, b}), tensor({2, 2}, {-4, 11, -4, 20}), 0));
  CHECK(near(value(einsum("ij, jk -> ki"), {a, b}), tensor({2, 2}, {-4, -4, 11, 20}), 0));
  CHECK(near(value(einsum("ij,ji->"), {a, b}), scalar(-4.0 + 20), 0));
  CHECK(near(value(einsum("ij->ji"), {a}), tensor({3, 2}, {1, 4, 2, 5, 3, 6}), 0));
  CHECK(near(value(einsum("ba"), {a}), tensor({3, 2}, {1, 4, 2, 5, 3, 6}), 0));
  CHECK(near(value(einsum("ij->i"), {a}), vector({6, 15}), 0));
  CHECK(near(value(einsum("ii->i"), {tensor({2, 2}, {1, 2, 3, 4})}), vector({1, 4}), 0));
  CHECK(near(value(einsum("ii"), {tensor({2, 2}, {1, 2, 3, 4})}), scalar(5.0), 0));
  CHECK(near(value(einsum("i,j->ij"), {vector({1, 2}), vector({3, 4, 5})}),
             tensor({2, 3}, {3, 4, 5, 6, 8, 10}), 0));
  CHECK(value(einsum("ij,jk->ik"), {zeros<double>({2, 0}), zeros<double>({0, 3})}).size() == 6);
}

TEST_CASE("einsum: \"...\" stands for all axes without a label, which broadcast") {
  const Tensor stack = tensor({2, 2, 3}, {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6});
  const Tensor products = tensor({2, 2, 2}, {-4, 11, -4, 20, 4, -11, 4, -20});
  CHECK(near(value(einsum("...ij,jk->...ik"), {stack, b}), products, 0));
  CHECK(near(value(einsum("...ij, ...jk -> ...ik"), {stack, b}), products, 0));
  CHECK(near(value(einsum("...ij,...jk"), {stack, b}), products, 0));
  CHECK(near(value(einsum("i...->..."), {a}), vector({5, 7, 9}), 0));
  CHECK(near(value(einsum("...i->i..."), {a}), tensor({3, 2}, {1, 4, 2, 5, 3, 6}), 0));
  CHECK(near(value(einsum("...,..."), {a, tensor({2, 1}, {10, 1})}),
             tensor({2, 3}, {10, 20, 30, 4, 5, 6}), 0));
  CHECK(near(value(einsum("...i->i"), {a}), vector({5, 7, 9}), 0));
  CHECK(near(value(einsum("...ij,...jk->...ik"), {a, b}), tensor({2, 2}, {-4, 11, -4, 20}), 0));
}

TEST_CASE("einsum: gradients agree with central differences") {
  check_layer(einsum("ij,jk->ik"),
              {random_signed({2, 3}, 0.5, 2, 1), random_signed({3, 4}, 0.5, 2, 2)});
  check_layer(einsum("bij,bjk->bki"),
              {random_signed({2, 3, 2}, 0.5, 2, 3), random_signed({2, 2, 4}, 0.5, 2, 4)});
  check_layer(einsum("ii,ij->j"),
              {random_signed({3, 3}, 0.5, 2, 5), random_signed({3, 2}, 0.5, 2, 6)});
  check_layer(einsum("i,j,ij->"), {random_signed({2}, 0.5, 2, 7), random_signed({3}, 0.5, 2, 8),
                                   random_signed({2, 3}, 0.5, 2, 9)});
  check_layer(einsum("...ij,...jk->...ik"),
              {random_signed({3, 1, 2, 3}, 0.5, 2, 10), random_signed({2, 3, 2}, 0.5, 2, 11)});
}

TEST_CASE("einsum: equations that are none, and shapes that do not fit, are refused") {
  CHECK(refused_settings("einsum", {}) ==
        "einsum: equation has no value, expected a word in quotes");
  for (const std::string equation : {"i..,j", "i......,j", "i-j", "i->...j->"}) {
    CHECK(refused_settings("einsum", {{"equation", equation}}) ==
          "einsum: equation has \"" + equation +
              "\", expected letters, one for each axis, and '...' once for all others, as in "
              "\"ij,jk->ik\"");
  }
  CHECK(
      refused_settings("einsum", {{"equation", std::string("ij->...")}}) ==
      "einsum: equation has \"ij->...\", expected an output of labels that the operands have, not "
      "'...'");
  CHECK(refused_settings("einsum", {{"equation", std::string("ij->ik")}}) ==
        "einsum: equation has \"ij->ik\", expected an output of labels that the operands have, not "
        "'k'");
  CHECK(refused_settings("einsum", {{"equation", std::string("ij->ii")}}) ==
        "einsum: equation has \"ij->ii\", expected each label once in the output, not 'i' twice");
  CHECK(refusal(einsum("ij,jk"), std::vector<Shape>{{2, 3}}) ==
        "einsum: equation has 2 operands, expected 1, as many as there are tensors");
  CHECK(refusal(einsum("ij,jk"), std::vector<Shape>{{2, 3}, {4, 5}}) ==
        "einsum: operand 1 has shape (4, 5), expected extent 3 for label 'j'");
  CHECK(refusal(einsum("ij,jk"), std::vector<Shape>{{2, 3}, {3}}) ==
        "einsum: operand 1 has shape (3,), expected 2 axes, those of \"jk\"");
  CHECK(refusal(einsum("...ij,...j"), std::vector<Shape>{{3}, {3}}) ==
        "einsum: operand 0 has shape (3,), expected at least 2 axes, those of \"...ij\"");
  CHECK(refusal(einsum("...i,...i"), std::vector<Shape>{{2, 3}, {4, 3}}) ==
        "einsum: operand 1 has shape (4, 3), expected extent 2, or 1, for an axis of '...'");
}
