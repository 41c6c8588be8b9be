#include <gradcheck/layers/classification.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

LayerPtr with(const std::string& name, const std::string& reduction) {
  return standard(name, {{"reduction", reduction}});
}

double loss(const LayerPtr& layer, const Tensor& z, const Tensor& t) {
  return value(layer, {z, t}).data()[0];
}

const Tensor z23 = tensor({2, 3}, {1, 2, 3, 0.5, -1, 0});

}  // namespace

TEST_CASE("softmax_cross_entropy: values agree with mpmath") {
  const LayerPtr mean = standard("softmax_cross_entropy");
  const LayerPtr sum = with("softmax_cross_entropy", "sum");
  CHECK(same_value(loss(mean, z23, vector({0, 2})), 1.75586828489055428827));
  CHECK(same_value(loss(sum, z23, vector({0, 2})), 2 * 1.75586828489055428827));
  CHECK(same_value(loss(mean, z23, tensor({2, 3}, {1, 0, 0, 0, 0, 1})), 1.75586828489055428827));
  const Tensor weights = tensor({2, 3}, {0.25, 0.25, 0.5, 1, 2, 0});
  CHECK(same_value(loss(sum, z23, weights), 5.96999778045456512063));
  CHECK(same_value(loss(mean, z23, weights), 2.98499889022728256031));
}

TEST_CASE("softmax_cross_entropy: a vector of scores is one row") {
  const Tensor z = vector({1, 2, 3});
  for (const Tensor& t : {scalar(0.0), vector({0}), vector({1, 0, 0})}) {
    CHECK(same_value(loss(standard("softmax_cross_entropy"), z, t), 2.40760596444438030448));
  }
  // A single class: t of z's own shape is a weight, not a label.
  CHECK(loss(standard("softmax_cross_entropy"), vector({5}), vector({0})) == 0);
}

TEST_CASE("softmax_cross_entropy: gradients agree with central differences") {
  for (const char* reduction : {"mean", "sum", "none"}) {
    const LayerPtr layer = with("softmax_cross_entropy", reduction);
    check_layer(layer, {random_signed({3, 5}, 0.1, 4, 1), vector({4, 0, 4})});
    check_layer(layer, {random_signed({3, 5}, 0.1, 4, 1), random_uniform({3, 5}, 0, 1, 2)});
    check_layer(layer, {random_signed({2, 3, 4}, 0.1, 4, 1), tensor({2, 3}, {0, 1, 2, 3, 3, 0})});
    check_layer(layer, {random_signed({5}, 0.1, 4, 1), scalar(3.0)});
    check_layer(layer, {random_signed({5}, 0.1, 4, 1), vector({3})});
  }
  CHECK_FALSE(standard("softmax_cross_entropy")->differentiable(1));
}

TEST_CASE("softmax_cross_entropy: keeps its digits where the right class outweighs the others") {
  const LayerPtr layer = standard("softmax_cross_entropy");
  // log(1 + exp(-50)) and exp(-50) / (1 + exp(-50)) (mpmath 1.3)
  CHECK(same_value(loss(layer, vector({0, 50}), scalar(1.0)), 1.92874984796391778302e-22));
  const Tensor dz = gradients<double>(layer, {vector({0, 50}), scalar(1.0)}, {scalar(1.0)})[0];
  CHECK(near(dz, vector({1.92874984796391778302e-22, -1.92874984796391778302e-22}), 1e-15L));
  CHECK(loss(layer, vector({0, 2000}), scalar(0.0)) == 2000);
}

TEST_CASE(
    "softmax_cross_entropy: a class ruled out by -infinity costs nothing unless it is right") {
  const LayerPtr layer = standard("softmax_cross_entropy");
  CHECK(loss(layer, vector({-INFINITY, 0}), vector({0, 1})) == 0);
  CHECK(loss(layer, vector({-INFINITY, 0}), scalar(0.0)) == INFINITY);
}

TEST_CASE("softmax_cross_entropy, multiclass_hinge: shapes that do not fit are refused") {
  const std::vector<std::array<std::string, 3>> layers{
      {"softmax_cross_entropy", "z", "probabilities"}, {"multiclass_hinge", "s", "one-hot rows"}};
  for (const auto& row : layers) {
    const std::string &name = row[0], &scores = row[1], &weights = row[2];
    const auto wanted = [&](const std::string& got) {
      return name + ": t has shape " + got + ", expected (3,) of class indices or (3, 4) of " +
             weights + ", for " + scores + " has shape (3, 4)";
    };
    CHECK(refusal(standard(name), std::vector<Shape>{{3, 4}, {3, 1}}) == wanted("(3, 1)"));
    CHECK(refusal(standard(name), std::vector<Shape>{{3, 4}, {4}}) == wanted("(4,)"));
    CHECK(refusal(standard(name), std::vector<Shape>{{3, 4}, {}}) == wanted("()"));
    CHECK(refusal(standard(name), std::vector<Shape>{{}, {}}) ==
          name + ": " + scores + " has shape (), expected (N, C), or (C,) for one row");
    CHECK(refusal(standard(name), std::vector<Shape>{{0, 4}, {0}}) ==
          name + ": " + scores + " has shape (0, 4), expected at least one entry");
  }
}

TEST_CASE("softmax_cross_entropy, multiclass_hinge: a label that is no class is refused by name") {
  const Tensor z = zeros<double>({3, 10});
  for (const std::string name : {"softmax_cross_entropy", "multiclass_hinge"}) {
    const auto refused = [&](double label) {
      return refusal(standard(name), Tensors<double>{z, vector({0, 9, label})});
    };
    const std::string wanted = ", expected an integer from 0 to 9";
    CHECK(refused(10) == name + ": t[2] has label 10" + wanted);
    CHECK(refused(-1) == name + ": t[2] has label -1" + wanted);
    CHECK(refused(1.5) == name + ": t[2] has label 1.5" + wanted);
    CHECK(refused(std::nan("")) == name + ": t[2] has label nan" + wanted);
    CHECK(refused(1e300) == name + ": t[2] has label 1e+300" + wanted);
    CHECK(refusal(standard(name), Tensors<double>{vector({1, 2, 3}), scalar(3.0)}) ==
          name + ": t has label 3, expected an integer from 0 to 2");
  }
}

TEST_CASE("binary_cross_entropy: values agree with mpmath") {
  const Tensor p = vector({0.25, 0.75, 0.5});
  const Tensor t = vector({0, 1, 0.5});
  CHECK(same_value(loss(standard("binary_cross_entropy"), p, t), 0.422837108487835721432));
  CHECK(same_value(loss(with("binary_cross_entropy", "sum"), p, t), 3 * 0.422837108487835721432));
}

TEST_CASE("binary_cross_entropy: gradients to p and t agree with central differences") {
  for (const char* reduction : {"mean", "sum", "none"}) {
    const LayerPtr layer = with("binary_cross_entropy", reduction);
    check_layer(layer, {random_uniform({3, 5}, 0.15, 0.85, 1), random_uniform({3, 5}, 0, 1, 2)});
    check_layer(layer, {scalar(0.3), scalar(0.6)});
  }
}

TEST_CASE("binary_cross_entropy: sure and right costs nothing, sure and wrong is infinite") {
  const LayerPtr layer = standard("binary_cross_entropy");
  CHECK(loss(layer, vector({0, 1}), vector({0, 1})) == 0);
  CHECK(loss(layer, vector({0, 1}), vector({0, 0})) == INFINITY);
  CHECK(loss(layer, vector({0, 1}), vector({1, 1})) == INFINITY);
  const Tensors<double> dx = gradients<double>(with("binary_cross_entropy", "sum"),
                                               {vector({0, 1}), vector({0, 1})}, {scalar(1.0)});
  CHECK(near(dx[0], vector({1, -1}), 0));
}

TEST_CASE("binary_cross_entropy: the gradient to t keeps its digits where p is near one half") {
  // ln(p / (1 - p)) = 2 artanh(2d) = 4d + O(d³) for p = ½ + d; the difference of two logarithms
  // would leave six digits of it.
  const double d = 0x1p-34;
  const Tensors<double> dx = gradients<double>(standard("binary_cross_entropy"),
                                               {scalar(0.5 + d), scalar(0.3)}, {scalar(1.0)});
  CHECK(same_value(dx[1].data()[0], -4 * d));
}

TEST_CASE("binary_cross_entropy: a number that is no probability is refused by name") {
  const LayerPtr layer = standard("binary_cross_entropy");
  const auto refused = [&](double p) {
    return refusal(layer, Tensors<double>{tensor({1, 2}, {0.5, p}), tensor({1, 2}, {0, 1})});
  };
  CHECK(refused(1.5) ==
        "binary_cross_entropy: p[0, 1] has value 1.5, expected a probability from 0 to 1");
  CHECK(refused(std::nextafter(0.0, -1.0)) != "");
  CHECK(refused(std::nextafter(1.0, 2.0)) != "");
  CHECK(refused(1) == "");
  CHECK(refused(-0.0) == "");
}

TEST_CASE("binary_cross_entropy_with_logits: values agree with mpmath") {
  const Tensor z = vector({-2, 3, 0.5});
  const Tensor t = vector({0, 1, 0.5});
  CHECK(same_value(loss(standard("binary_cross_entropy_with_logits"), z, t),
                   0.299864115598940412025));
}

TEST_CASE("binary_cross_entropy_with_logits: gradients to z and t agree with central differences") {
  for (const char* reduction : {"mean", "sum", "none"}) {
    const LayerPtr layer = with("binary_cross_entropy_with_logits", reduction);
    check_layer(layer, {random_signed({3, 5}, 0.1, 6, 1), random_uniform({3, 5}, 0, 1, 2)});
    check_layer(layer, {scalar(0.0), scalar(0.6)});
  }
}

TEST_CASE("binary_cross_entropy_with_logits: keeps its digits far from 0") {
  const LayerPtr layer = standard("binary_cross_entropy_with_logits");
  CHECK(same_value(loss(layer, scalar(50.0), scalar(1.0)), 1.92874984796391778302e-22));
  CHECK(same_value(loss(layer, scalar(-50.0), scalar(0.0)), 1.92874984796391778302e-22));
  CHECK(loss(layer, scalar(-2000.0), scalar(1.0)) == 2000);
  const Tensors<double> dx = gradients<double>(layer, {scalar(50.0), scalar(1.0)}, {scalar(1.0)});
  CHECK(same_value(dx[0].data()[0], -1.92874984796391778302e-22));
}

TEST_CASE("binary losses: p and t of two shapes are refused") {
  CHECK(refusal(standard("binary_cross_entropy"), std::vector<Shape>{{4, 1}, {4}}) ==
        "binary_cross_entropy: t has shape (4,), expected (4, 1), the shape of p");
  CHECK(refusal(standard("binary_cross_entropy_with_logits"), std::vector<Shape>{{4}, {3}}) ==
        "binary_cross_entropy_with_logits: t has shape (3,), expected (4,), the shape of z");
}

TEST_CASE("multiclass_hinge: values agree with the CS231n notes") {
  // Scores of three images (cat, car, frog) and their losses 2.9, 0, 12.9: CS231n, lecture 3.
  const Tensor s = tensor({3, 3}, {3.2, 5.1, -1.7, 1.3, 4.9, 2.0, 2.2, 2.5, -3.1});
  const Tensor t = vector({0, 1, 2});
  CHECK(near(value(with("multiclass_hinge", "sum"), {s, t}), scalar(15.8), 1e-15L));
  CHECK(near(value(standard("multiclass_hinge"), {s, t}), scalar(15.8 / 3), 1e-15L));
  const Tensor one_hot = tensor({3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
  CHECK(same_bits(value(standard("multiclass_hinge"), {s, one_hot}),
                  value(standard("multiclass_hinge"), {s, t})));
  CHECK(near(value(standard("multiclass_hinge"), {vector({3.2, 5.1, -1.7}), scalar(0.0)}),
             scalar(2.9), 1e-15L));
  CHECK(value(standard("multiclass_hinge", {{"margin", 0.5}}), {vector({1, 2}), scalar(0.0)})
            .data()[0] == 1.5);
}

TEST_CASE("multiclass_hinge: gradients agree with central differences") {
  for (const char* reduction : {"mean", "sum", "none"}) {
    const LayerPtr layer =
        standard("multiclass_hinge", {{"reduction", std::string(reduction)}, {"margin", 0.75}});
    check_layer(layer, {random_signed({3, 5}, 0.1, 2, 1), vector({4, 0, 4})});
    check_layer(layer, {random_signed({2, 3, 4}, 0.1, 2, 2), tensor({2, 3}, {0, 1, 2, 3, 3, 0})});
    check_layer(layer, {random_signed({5}, 0.1, 2, 1), scalar(3.0)});
  }
  CHECK_FALSE(standard("multiclass_hinge")->differentiable(1));
}

TEST_CASE("multiclass_hinge: rows that are not one-hot are refused") {
  const auto refused = [](std::vector<double> row) {
    return refusal(standard("multiclass_hinge"),
                   Tensors<double>{zeros<double>({1, 3}), tensor({1, 3}, row)});
  };
  const std::string message =
      "multiclass_hinge: row 0 of t has other entries, expected a single 1 and zeros";
  CHECK(refused({0.5, 0.5, 0}) == message);
  CHECK(refused({1, 1, 0}) == message);
  CHECK(refused({0, 0, 0}) == message);
  CHECK(refused({0, 2, 0}) == message);
  CHECK(refused({0, 1, 0}) == "");
}

TEST_CASE("multiclass_hinge: a margin at 0 is a tie, to within the widths of both scores") {
  const double w = 0x1p-40;
  // Margins with label 0: (right), 0, 2w, -2w, 2.001w, 3
  const Tensor s = vector({2, 1, 1 + 2 * w, 1 - 2 * w, 1 + 2.01 * w, 4});
  const LayerPtr layer = standard("multiclass_hinge");
  const Tensors<double> widths{full<double>({6}, w), zeros<double>({})};
  const std::vector<Tie> found = ties(layer, {s, scalar(0.0)}, widths);
  REQUIRE(found.size() == 3);
  CHECK(found[0].site == 1);
  CHECK(found[0].pieces == Branches{0, 1});
  REQUIRE(found[0].entries.size() == 2);
  CHECK(found[0].entries[0].entry == 1);
  CHECK(found[0].entries[1].entry == 0);
  CHECK(ties(layer, {s, scalar(0.0)}, 0).size() == 1);
  CHECK(branches(layer, {s, scalar(0.0)}) == Branches{0, 0, 1, 0, 1, 1});
  check_branches(layer, {s, scalar(0.0)});
}

TEST_CASE("multiclass_hinge: decimal scores one margin apart tie, though doubles miss it") {
  // 3.1 - 4.1 + 1 is 4.4e-16 in doubles.
  const LayerPtr layer = standard("multiclass_hinge");
  CHECK(loss(layer, vector({4.1, 3.1}), scalar(0.0)) != 0);
  CHECK(ties(layer, {vector({4.1, 3.1}), scalar(0.0)}, 0).size() == 1);
  CHECK(ties(layer, {vector({4.1, 3.1 + 1e-14}), scalar(0.0)}, 0).empty());
}

TEST_CASE("classification losses: NaN comes through") {
  for (const char* name : {"softmax_cross_entropy", "multiclass_hinge"}) {
    CHECK(std::isnan(loss(standard(name), vector({1, std::nan("")}), scalar(0.0))));
    CHECK(std::isnan(loss(standard(name), vector({std::nan(""), 1}), scalar(0.0))));
  }
  for (const char* name : {"binary_cross_entropy", "binary_cross_entropy_with_logits"}) {
    CHECK(std::isnan(loss(standard(name), vector({std::nan("")}), vector({1}))));
  }
}
