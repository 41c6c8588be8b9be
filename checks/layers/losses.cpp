#include <gradcheck/layers/cross_entropy.hpp>
#include <gradcheck/layers/ctc_loss.hpp>
#include <gradcheck/layers/metric_losses.hpp>
#include <gradcheck/layers/pointwise_losses.hpp>
#include <gradcheck/layers/region_losses.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

using Word = std::string;

const Tensor y = tensor({2, 3}, {0.5, -1.25, 2.0, 3.0, -0.75, 0.25});
const Tensor t = tensor({2, 3}, {0.25, -2.5, 2.25, 0.5, -0.5, 1.5});
const Tensor counts = tensor({2, 3}, {0, 1, 3, 2, 5, 1});
const Tensor bits = tensor({2, 3}, {0, 1, 1, 1, 0, 0});
const Tensor signs = tensor({2, 3}, {-1, 1, 1, 1, -1, -1});
const Tensor log_q = tensor({2, 3}, {-1.7326219831020326, -3.4826219831020326, -0.23262198310203266,
                                     -0.083831466235782, -3.833831466235782, -2.833831466235782});
const Tensor p = tensor({2, 3}, {0.25, 0.375, 0.375, 0.5, 0.125, 0.375});
const Tensor log_p = tensor({2, 3}, {std::log(0.25), std::log(0.375), std::log(0.375),
                                     std::log(0.5), std::log(0.125), std::log(0.375)});
const Tensor sizes = tensor({2, 3}, {0.5, 1.25, 2.0, 3.0, 0.75, 0.25});
const Tensor labels = vector({2, 0});
const Tensor weight = vector({0.5, 2, 1.25});
const Tensor maps = tensor({2, 3, 2}, {0.5, 1, -1.25, 2, 2, 0.25, 3, -1, -0.75, 0.5, 0.25, -2});
const Tensor map_labels = tensor({2, 2}, {0, 2, 1, 1});
const Tensor negative = tensor({2, 3}, {1.5, 0.5, -0.5, 2.5, -0.25, 0.75});
const Tensor variance = tensor({2, 3}, {0.5, 2.0, 0.25, 1.0, 3.0, 0.75});

/// Losses of the tensors above (PyTorch 1.13, float64).
struct Row {
  const char* name;
  Settings settings;
  Tensors<double> x;
  Tensor L;
};
const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"huber", {{"delta", 0.75}}, {y, t}, scalar(0.5)},
      {"huber", {{"delta", 0.75}, {"reduction", Word("sum")}}, {y, t}, scalar(3.0)},
      {"huber",
       {{"delta", 0.75}, {"reduction", Word("none")}},
       {y, t},
       tensor({2, 3}, {0.03125, 0.65625, 0.03125, 1.59375, 0.03125, 0.65625})},
      {"smooth_l1", {{"beta", 0.5}}, {y, t}, scalar(0.7395833333333334)},
      {"smooth_l1", {{"beta", 0.0}}, {y, t}, scalar(0.9583333333333334)},
      {"kl_divergence", {}, {log_q, p}, scalar(0.22561552773828297)},
      {"kl_divergence", {{"reduction", Word("batchmean")}}, {log_q, p}, scalar(0.6768465832148489)},
      {"kl_divergence",
       {{"log_target", true}, {"reduction", Word("sum")}},
       {log_q, log_p},
       scalar(1.3536931664296978)},
      {"poisson_nll", {}, {y, counts}, scalar(3.9860351765178987)},
      {"poisson_nll", {{"full", true}}, {y, counts}, scalar(5.183824356474535)},
      {"poisson_nll",
       {{"log_input", false}, {"full", true}, {"reduction", Word("sum")}},
       {sizes, counts},
       scalar(13.261629996455016)},
      {"focal", {{"alpha", 0.3}, {"gamma", 1.5}}, {y, bits}, scalar(0.15637784828597168)},
      {"focal",
       {{"alpha", -1.0}, {"reduction", Word("sum")}},
       {y, bits},
       scalar(1.5876336952105143)},
      {"binary_cross_entropy_with_logits",
       {{"pos_weight", true}},
       {y, bits, vector({0.5, 2, 3})},
       scalar(0.9326372136300641)},
      {"hinge", {{"margin", 1.5}}, {y, signs}, scalar(1.2083333333333333)},
      {"cross_entropy", {}, {y, labels}, scalar(0.15822672466890733)},
      {"cross_entropy", {{"weight", true}}, {y, labels, weight}, scalar(0.19011040685453248)},
      {"cross_entropy",
       {{"weight", true}, {"ignore_index", 1.0}},
       {y, vector({2, 1}), weight},
       scalar(0.2326219831020327)},
      {"cross_entropy",
       {{"weight", true}, {"label_smoothing", 0.2}},
       {y, labels, weight},
       scalar(0.8901531039604567)},
      {"cross_entropy",
       {{"weight", true}, {"label_smoothing", 0.1}},
       {y, p, weight},
       scalar(2.6833153508027854)},
      {"cross_entropy", {{"reduction", Word("sum")}}, {y, p}, scalar(3.410203449337815)},
      {"cross_entropy",
       {{"weight", true}, {"reduction", Word("none")}},
       {y, labels, weight},
       vector({0.29077747887754085, 0.041915733117891})},
      {"cross_entropy", {}, {maps, map_labels}, scalar(2.0039192040059293)},
      {"cosine_similarity", {}, {y, t}, vector({0.9531132715605781, 0.4373365776748762})},
      {"cosine_similarity",
       {{"axis", 0.0}},
       {y, t},
       vector({0.95577900872195, 0.9417419115948374, 0.894427190999916})},
      {"cosine_embedding",
       {{"margin", 0.25}},
       {y, t, vector({1, -1})},
       scalar(0.11711165305715987)},
      {"triplet_margin", {{"margin", 2.5}}, {y, t, negative}, scalar(2.513974785552316)},
      {"triplet_margin",
       {{"margin", 1.75}, {"p", 3.0}, {"swap", true}, {"reduction", Word("sum")}},
       {y, t, negative},
       scalar(3.835007653975909)},
      {"triplet_margin",
       {{"margin", 2.5}, {"reduction", Word("none")}},
       {y, t, negative},
       vector({0.5877310011110506, 4.440218569993581})},
      {"gaussian_nll", {}, {y, t, variance}, scalar(0.7445877101469254)},
      {"gaussian_nll",
       {{"full", true}, {"reduction", Word("sum")}},
       {y, t, tensor({2, 1}, {0.5, 2})},
       scalar(9.169881199228037)},
      {"multi_margin", {}, {y, vector({1, 1})}, scalar(27.5 / 12)},
      {"multi_margin",
       {{"p", 2.0}, {"margin", 1.5}, {"weight", true}},
       {y, vector({1, 1}), weight},
       scalar(22.3125)},
      {"nll_loss", {{"weight", true}}, {log_q, labels, weight}, scalar(0.19011040685453248)},
      {"dice", {}, {sizes, bits}, scalar(1 - 13.5 / 11.75)},
  };
  return all;
}

}  // namespace

TEST_CASE("losses: values agree with PyTorch") {
  for (const Row& row : rows()) {
    CAPTURE(row.name);
    CHECK(near(value(standard(row.name, row.settings), row.x), row.L, 4e-15L));
  }
}

TEST_CASE("losses: gradients agree with central differences") {
  for (const Row& row : rows()) {
    const LayerPtr layer = standard(row.name, row.settings);
    check_values(layer, row.x);
    check_gradients(layer, row.x);
    check_branches(layer, row.x);
  }
}

TEST_CASE("cross_entropy: keeps its digits where the class is sure") {
  const Tensors<double> dx =
      gradients<double>(standard("cross_entropy"), {vector({40, 0}), scalar(0.0)}, {scalar(1.0)});
  CHECK(near(dx[0], vector({-4.2483542552915889e-18, 4.2483542552915889e-18}), 1e-15L));
}

TEST_CASE("cross_entropy: ignored rows get no gradient, and their scores do not matter") {
  const LayerPtr layer = standard("cross_entropy");
  const Tensor x = tensor({2, 3}, {0.5, -1, 2, 1, 2, 3});
  const Tensors<double> dx = gradients<double>(layer, {x, vector({2, -100})}, {scalar(1.0)});
  CHECK(dx[0].data()[3] == 0);
  CHECK(dx[0].data()[5] == 0);
  check_gradients(layer, {x, vector({2, -100})});
}

TEST_CASE("kl_divergence: 0 ln 0 counts as 0") {
  CHECK(near(value(standard("kl_divergence"), {vector({-1, -2}), vector({0, 1})}), scalar(1.0), 0));
}

TEST_CASE("ctc_loss: values agree with PyTorch, gradients with central differences") {
  const Tensor x =
      tensor({4, 2, 3},
             {-1.758263792541364,  -0.9167928077334676,  -0.8489663657156824, -0.5540411518618731,
              -1.4519636552296684, -1.6540854345848788,  -1.9611190659674675, -1.0247169690497524,
              -0.6923453211451597, -0.48735402835086306, -1.4434936244819894, -1.8994627201433232,
              -2.1051542749787355, -1.1484143201516597,  -0.5779740012834303, -0.46429114407686584,
              -1.402482300899048,  -2.0759764761135395,  -2.168112004670142,  -1.2672475482355132,
              -0.504179507170838,  -0.4794454006205109,  -1.324952348446971,  -2.162321443331738});
  const Tensor words = tensor({2, 2}, {1, 2, 2, 2});
  const Tensor times = vector({4, 3}), lengths = vector({2, 1});
  const auto loss = [&](const Settings& settings, const Tensor& symbols) {
    return value(standard("ctc_loss", settings), {x, words, times, symbols});
  };
  CHECK(near(loss({}, lengths), scalar(1.1379873335656316), 2e-15L));
  CHECK(near(loss({{"reduction", Word("none")}}, lengths),
             vector({1.3780015248256345, 1.5869739047184461}), 2e-15L));
  for (const char* reduction : {"mean", "sum", "none"}) {
    check_gradients(standard("ctc_loss", {{"reduction", Word(reduction)}}),
                    {x, words, times, lengths});
  }
  check_gradients(standard("ctc_loss"), {x, words, times, vector({2, 0})});
  const Tensors<double> impossible{x, words, vector({4, 2}), vector({2, 2})};
  CHECK(std::isinf(value(standard("ctc_loss"), impossible).data()[0]));
  const LayerPtr finite = standard("ctc_loss", {{"zero_infinity", true}});
  CHECK(near(value(finite, impossible), scalar(1.3780015248256345 / 4), 2e-15L));
  check_gradients(finite, impossible);
}

TEST_CASE("losses: what stands on a kink is a tie") {
  const auto count = [](const char* name, const Settings& settings, const Tensors<double>& x) {
    return ties(standard(name, settings), x, 1e-12).size();
  };
  CHECK(count("smooth_l1", {{"beta", 0.0}}, {vector({1, 2}), vector({1, 3})}) == 1);
  CHECK(count("smooth_l1", {}, {vector({1, 2}), vector({1, 3})}) == 0);
  CHECK(count("huber", {}, {vector({1, 2}), vector({1, 3})}) == 0);
  CHECK(count("hinge", {}, {vector({1, -1, 0.5}), vector({1, -1, 1})}) == 2);
  CHECK(count("multi_margin", {}, {vector({1, 2, 3}), scalar(1.0)}) == 1);
  CHECK(count("cosine_embedding", {}, {vector({1, 0}), vector({0, 1}), scalar(-1.0)}) == 1);
  CHECK(count("gaussian_nll", {{"eps", 0.5}}, {vector({1}), vector({2}), vector({0.5})}) == 1);
  CHECK(count("triplet_margin", {{"eps", 0.0}}, {vector({0}), vector({1}), vector({2})}) == 1);
  CHECK(count("triplet_margin", {{"eps", 0.0}, {"swap", true}},
              {vector({0}), vector({-4}), vector({-2})}) == 1);
}

TEST_CASE("losses: shapes that do not fit are refused") {
  using Shapes = std::vector<Shape>;
  CHECK(refusal(standard("huber"), Shapes{{2, 3}, {3}}) ==
        "huber: t has shape (3,), expected (2, 3), the shape of y");
  CHECK(refusal(standard("huber"), Shapes{{0}, {0}}) ==
        "huber: y has shape (0,), expected at least one entry");
  CHECK(refusal(standard("cross_entropy"), Shapes{{2, 3}, {3}}) ==
        "cross_entropy: t has shape (3,), expected (2,) of class indices or (2, 3) of "
        "probabilities, for x has shape (2, 3)");
  CHECK(refusal(standard("nll_loss"), Shapes{{2, 3, 4}, {2, 3, 4}}) ==
        "nll_loss: t has shape (2, 3, 4), expected (2, 4) of class indices, for x has shape (2, 3, "
        "4)");
  CHECK(refusal(standard("cross_entropy"), Shapes{{2, 3}, {2}, {2}}) ==
        "cross_entropy: weight has shape (2,), expected (3,), a number for each class");
  CHECK(refusal(standard("cross_entropy"), Shapes{{}, {}}) ==
        "cross_entropy: x has shape (), expected (N, C, ...), or (C,) for one row");
  CHECK(refusal(standard("multi_margin"), Shapes{{2, 3, 4}, {2}}) ==
        "multi_margin: x has shape (2, 3, 4), expected (N, C), or (C,) for one row");
  CHECK(refusal(standard("cosine_similarity"), Shapes{{3}, {3}}) ==
        "cosine_similarity: axis has 1, expected an integer from -1 to 0");
  CHECK(refusal(standard("cosine_embedding"), Shapes{{2, 3}, {2, 3}, {3}}) ==
        "cosine_embedding: t has shape (3,), expected (2,) of 1 and -1, for a has shape (2, 3)");
  CHECK(refusal(standard("triplet_margin"), Shapes{{2, 3}, {2, 3}, {3}}) ==
        "triplet_margin: negative has shape (3,), expected (2, 3), the shape of anchor");
  CHECK(refusal(standard("gaussian_nll"), Shapes{{2, 3}, {2, 3}, {3}}) ==
        "gaussian_nll: var has shape (3,), expected (2, 3) or (2, 1), for x has shape (2, 3)");
  CHECK(refusal(standard("ctc_loss"), Shapes{{4, 2, 3}, {2, 2}, {3}, {2}}) ==
        "ctc_loss: input_lengths has shape (3,), expected (2,), for x has shape (4, 2, 3)");
  CHECK(refusal(standard("binary_cross_entropy_with_logits", {{"pos_weight", true}}),
                Shapes{{2, 3}, {2, 3}, {4, 2, 3}}) ==
        "binary_cross_entropy_with_logits: pos_weight has shape (4, 2, 3), expected one that "
        "broadcasts to (2, 3)");
}

TEST_CASE("losses: values and settings that make no sense are refused") {
  CHECK(refusal(standard("cross_entropy"), Tensors<double>{y, vector({2, 3})}) ==
        "cross_entropy: t[1] has label 3, expected an integer from 0 to 2");
  CHECK(
      refusal(standard("cross_entropy"), Tensors<double>{y, vector({-100, -100})}) ==
      "cross_entropy: t has every label equal to ignore_index, expected one at least that counts, "
      "for a mean is asked for");
  CHECK(refusal(standard("focal"), Tensors<double>{y, y}) == "focal: t has 0.5, expected 0 or 1");
  CHECK(refusal(standard("cosine_embedding"), Tensors<double>{y, t, vector({1, 0})}) ==
        "cosine_embedding: t[1] has 0, expected 1 or -1");
  CHECK(refusal(standard("gaussian_nll"), Tensors<double>{y, t, t}) ==
        "gaussian_nll: var has -2.5, expected no negative entry");
  CHECK(refusal(standard("ctc_loss"),
                Tensors<double>{zeros<double>({4, 1, 3}), tensor({1, 2}, {1, 0}), vector({4}),
                                vector({2})}) ==
        "ctc_loss: t[0, 1] has label 0, the blank, expected a label that is none");
  CHECK(refusal(standard("ctc_loss"),
                Tensors<double>{zeros<double>({4, 1, 3}), tensor({1, 2}, {1, 2}), vector({5}),
                                vector({2})}) ==
        "ctc_loss: input_lengths[0] has 5, expected an integer from 1 to 4");
  CHECK(refused_settings("huber", {{"delta", 0.0}}) ==
        "huber: delta has 0, expected a positive number");
  CHECK(refused_settings("smooth_l1", {{"beta", -1.0}}) ==
        "smooth_l1: beta has -1, expected a number from 0 up");
  CHECK(refused_settings("cross_entropy", {{"label_smoothing", 1.5}}) ==
        "cross_entropy: label_smoothing has 1.5, expected a number from 0 to 1");
  CHECK(refused_settings("multi_margin", {{"p", 3.0}}) == "multi_margin: p has 3, expected 1 or 2");
  CHECK(refused_settings("huber", {{"reduction", Word("batchmean")}}) ==
        "huber: reduction has \"batchmean\", expected \"mean\", \"sum\" or \"none\"");
  CHECK(refused_settings("focal", {{"gamma", -1.0}}) ==
        "focal: gamma has -1, expected a number from 0 up");
  CHECK(refused_settings("gaussian_nll", {{"eps", 0.0}}) ==
        "gaussian_nll: eps has 0, expected a positive number");
  CHECK(refused_settings("ctc_loss", {{"blank", -1.0}}) ==
        "ctc_loss: blank has -1, expected an integer from 0 up");
}

TEST_CASE("multi margin: only a mean divides the gradient by the rows") {
  const auto gradient = [](const char* reduction) {
    return gradients<double>(standard("multi_margin", {{"reduction", Word(reduction)}}),
                             {y, vector({1, 1})}, {scalar(1.0)})[0];
  };
  const Tensor sum = gradient("sum"), mean = gradient("mean");
  for (std::size_t i = 0; i < sum.size(); ++i) {
    CHECK(sum.data()[i] == 2 * mean.data()[i]);
  }
  CHECK(max_abs(sum) > 0.5);
}
