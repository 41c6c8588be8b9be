#include <gradcheck/layers/composer.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensors<double> randoms(const std::vector<Shape>& shapes) {
  Tensors<double> all;
  for (const Shape& shape : shapes) {
    all.push_back(random_signed(shape, 0.3, 1.5, all.size() + 1));
  }
  return all;
}

/// The values of a composition, from a layer's inputs.
Tensors<double> values_of(const Composition& made, const Tensors<double>& x) {
  Tensors<double> values = x;
  values.resize(made.shapes.size());
  for (const auto& [id, constant] : made.constants) {
    values[id] = constant;
  }
  for (const Composition::Part& part : made.parts) {
    std::vector<const Tensor*> in;
    for (const std::size_t id : part.inputs) {
      in.push_back(&values[id]);
    }
    const Tensors<double> y = part.layer->forward(Inputs<double>(in));
    for (std::size_t k = 0; k < y.size(); ++k) {
      CHECK(shape_of(y[k]) == made.shapes[part.outputs[k]]);
      values[part.outputs[k]] = y[k];
    }
  }
  return values;
}

/// What a layer is made of gives what the layer gives.
void check_composition(const LayerPtr& layer, const Tensors<double>& x) {
  INFO("layer ", layer->name());
  std::vector<Shape> shapes;
  for (const Tensor& each : x) {
    shapes.push_back(shape_of(each));
  }
  const std::optional<Composition> made = layer->composition(shapes);
  REQUIRE(made.has_value());
  const Tensors<double> values = values_of(*made, x);
  const Tensors<double> y = run(layer, x);
  REQUIRE(made->outputs.size() == y.size());
  for (std::size_t k = 0; k < y.size(); ++k) {
    CHECK(near(values[made->outputs[k]], y[k], 1e-12L, 1e-14L));
  }
}

void check_composition(const std::string& name, const Settings& settings,
                       const std::vector<Shape>& shapes) {
  check_composition(standard(name, settings), randoms(shapes));
}

using List = std::vector<double>;

}  // namespace

TEST_CASE("compositions: of spatial layers give what the layers give") {
  const Settings bias{{"b", true}};
  check_composition("conv1d", {{"stride", 2.0}, {"padding", 1.0}}, {{2, 3, 7}, {4, 3, 3}});
  check_composition("conv2d", {{"b", true}, {"padding", List{2, 1}}, {"dilation", List{1, 2}}},
                    {{2, 2, 5, 7}, {3, 2, 3, 2}, {3}});
  check_composition("conv2d", {{"b", true}, {"groups", 2.0}}, {{1, 4, 4, 3}, {6, 2, 2, 2}, {6}});
  check_composition("conv3d", bias, {{1, 2, 2, 3, 3}, {2, 2, 2, 2, 1}, {2}});
  check_composition("conv1d", bias, {{3, 7}, {4, 3, 3}, {4}});
  check_composition("conv_transpose1d", {{"b", true}, {"stride", 2.0}, {"padding", 1.0}},
                    {{2, 3, 4}, {3, 2, 3}, {2}});
  check_composition("conv_transpose2d", {{"groups", 2.0}, {"stride", 2.0}},
                    {{2, 4, 3, 2}, {4, 3, 3, 2}});
  check_composition("avg_pool2d", {{"kernel_size", 3.0}, {"stride", 2.0}, {"padding", 1.0}},
                    {{2, 3, 5, 4}});
  check_composition("adaptive_avg_pool2d", {{"output_size", List{2, 3}}}, {{2, 3, 5, 7}});
  check_composition("global_avg_pool", {}, {{2, 3, 5, 7}});
  check_composition("interpolate", {{"size", List{5, 3}}, {"mode", std::string("bilinear")}},
                    {{1, 2, 3, 4}});
  check_composition("interpolate", {{"size", 3.0}}, {{1, 2, 5}});
  check_composition("pad", {{"pad", List{2, -1, 0, 1}}, {"value", 3.5}}, {{2, 3, 4}});
  check_composition("pad", {{"pad", List{2, 1}}, {"mode", std::string("reflect")}}, {{2, 3, 4}});
}

TEST_CASE("compositions: of normalisations give what the layers give") {
  const Settings both{{"weight", true}, {"bias", true}};
  check_composition("layer_norm", both, {{3, 2, 4}, {4}, {4}});
  check_composition("layer_norm", {{"normalized_shape", List{2, 4}}}, {{3, 2, 4}});
  check_composition("rms_norm", {{"weight", true}}, {{3, 2, 4}, {2, 4}});
  check_composition("group_norm", {{"num_groups", 2.0}, {"weight", true}}, {{3, 4, 5}, {4}});
  check_composition("group_norm", {{"num_groups", 2.0}, {"bias", true}}, {{3, 4}, {4}});
  check_composition("instance_norm", both, {{2, 3, 4, 2}, {3}, {3}});
  check_composition("local_response_norm", {{"size", 4.0}, {"alpha", 0.5}}, {{2, 5, 3}});
  check_composition("batch_norm", {{"training", true}, {"weight", true}, {"bias", true}},
                    {{4, 3, 2}, {3}, {3}});
  for (const bool training : {true, false}) {
    for (const char* name : {"batch_norm", "instance_norm"}) {
      const bool by_sample = std::string(name) == "instance_norm";
      const Settings all{{"running_mean", true},
                         {"running_var", true},
                         {by_sample ? "use_input_stats" : "training", training}};
      Tensors<double> x = randoms({by_sample ? Shape{4, 3, 2} : Shape{4, 3}, {3}, {3}});
      for (double& variance : entries(x[2])) {
        variance = std::abs(variance);
      }
      check_composition(standard(name, all), x);
    }
  }
}

TEST_CASE("compositions: of recurrent layers give what the layers give") {
  const Settings biases{{"b_ih", true}, {"b_hh", true}};
  for (const char* activation : {"tanh", "relu"}) {
    Settings settings = biases;
    settings["nonlinearity"] = std::string(activation);
    check_composition("rnn_cell", settings, {{3, 2}, {3, 5}, {5, 2}, {5, 5}, {5}, {5}});
    check_composition("rnn", {{"bidirectional", true}, {"nonlinearity", std::string(activation)}},
                      {{4, 2, 3}, {2, 2, 2}, {2, 3}, {2, 2}, {2}, {2}, {2, 3}, {2, 2}, {2}, {2}});
  }
  check_composition("lstm_cell", {}, {{2}, {3}, {3}, {12, 2}, {12, 3}});
  check_composition("gru_cell", biases, {{3, 2}, {3, 4}, {12, 2}, {12, 4}, {12}, {12}});
  check_composition("lstm", {{"num_layers", 2.0}, {"batch_first", true}},
                    {{3, 4, 2}, {2, 3, 2}, {2, 3, 2}, {8, 2}, {8, 2}, {8, 2}, {8, 2}});
  check_composition("gru", {}, {{4, 2}, {1, 3}, {9, 2}, {9, 3}, {9}, {9}});
}

TEST_CASE("compositions: of normalisers and losses over classes give what the layers give") {
  for (const char* name : {"softmax", "log_softmax", "softmin"}) {
    for (const double axis : {-1.0, 0.0, 1.0}) {
      check_composition(name, {{"axis", axis}}, {{3, 4, 2}});
    }
  }
  const Tensor x = random_signed({2, 3, 2}, 0.3, 1.5, 1), w = vector({0.5, 2, 1.25});
  const Tensor soft = random_signed({2, 3, 2}, 0.3, 1.5, 2);
  const Tensor t = tensor({2, 2}, {2, 0, 1, 2});
  for (const char* reduction : {"mean", "sum", "none"}) {
    const Settings plain{{"reduction", std::string(reduction)}};
    Settings weighted = plain, ignoring = plain;
    weighted["weight"] = true;
    ignoring["ignore_index"] = 0.0;
    check_composition(standard("cross_entropy", weighted), {x, t, w});
    check_composition(standard("cross_entropy", weighted), {x, soft, w});
    check_composition(standard("cross_entropy", ignoring), {x, t});
    check_composition(standard("nll_loss", weighted), {x, t, w});
    const Tensor s = reshaped(x, {4, 3}), labels = reshaped(t, {4});
    const Tensor one_hot = tensor({4, 3}, {0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1});
    for (const double p : {1.0, 2.0}) {
      Settings powered = weighted;
      powered["p"] = p;
      check_composition(standard("multi_margin", powered), {s, labels, w});
    }
    check_composition(standard("multiclass_hinge", plain), {s, labels});
    check_composition(standard("multiclass_hinge", plain), {s, one_hot});
    check_composition(standard("multiclass_hinge", plain), {vector({0.4, -1, 0.7}), scalar(1.0)});
  }
  check_composition(standard("cross_entropy", {{"reduction", std::string("none")}}),
                    {vector({0.4, -1, 0.7}), scalar(1.0)});
  check_composition(
      standard("binary_cross_entropy_with_logits", {{"pos_weight", true}}),
      {reshaped(x, {4, 3}), random_signed({4, 3}, 0.3, 1.5, 3), vector({0.5, 2, 1.25})});
}

TEST_CASE("compositions: of an outer product, of vectors and columns") {
  check_composition("outer", {}, {{4}, {3}});
  check_composition("outer", {}, {{4, 1}, {1, 3}});
}

TEST_CASE("compositions: of attention and gates give what the layers give") {
  const char* const sdpa = "scaled_dot_product_attention";
  const Tensors<double> qkv = randoms({{2, 3, 4}, {2, 5, 4}, {2, 5, 2}});
  check_composition(standard(sdpa, {{"is_causal", true}}), qkv);
  const Tensor mask = tensor({3, 5}, {1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1});
  check_composition(standard(sdpa, {{"attn_mask", true}, {"scale", 0.3}}),
                    {qkv[0], qkv[1], qkv[2], mask});
  check_composition(sdpa, {{"attn_mask", true}, {"mask_kind", std::string("additive")}},
                    {{2, 3, 4}, {2, 5, 4}, {2, 5, 2}, {2, 1, 5}});
  const std::vector<Shape> self{{3, 2, 4}, {3, 2, 4}, {3, 2, 4}, {12, 4}, {4, 4}, {12}, {4}};
  const Settings heads{{"num_heads", 2.0}, {"in_proj_bias", true}, {"out_proj_bias", true}};
  check_composition("multi_head_attention", heads, self);
  Tensors<double> masked = randoms({{2, 3, 4}, {2, 2, 4}, {2, 2, 4}, {12, 4}, {4, 4}});
  masked.push_back(tensor({3, 2}, {0, 1, 0, 0, 1, 1}));
  masked.push_back(tensor({2, 2}, {0, 0, 0, 1}));
  check_composition(standard("multi_head_attention", {{"num_heads", 2.0},
                                                      {"batch_first", true},
                                                      {"attn_mask", true},
                                                      {"key_padding_mask", true}}),
                    masked);
  check_composition("rope", {{"base", 50.0}, {"offset", 3.0}}, {{2, 3, 6}});
  for (const char* name : {"glu", "swiglu", "geglu"}) {
    check_composition(name, {{"dim", 1.0}}, {{2, 4, 3}});
  }
  check_composition("matmul", {}, {{2, 3, 4, 5}, {2, 3, 5, 2}});
}

TEST_CASE("compositions: are offered only where there is something to take apart") {
  const std::vector<Shape> plain{{3, 4}, {4, 2}};
  CHECK_FALSE(standard("matmul")->composition(plain).has_value());
  const std::vector<Shape> stretched{{2, 3, 4}, {1, 4, 2}};
  CHECK_FALSE(standard("matmul")->composition(stretched).has_value());
  const std::vector<Shape> endless{{600, 1, 2}, {1, 1, 2}, {6, 2}, {6, 2}};
  CHECK_FALSE(standard("gru")->composition(endless).has_value());
}

TEST_CASE("composer: a gathered tensor shows entries, and a number where there is none") {
  const std::vector<Shape> in{{3}};
  Composer c(in);
  const Composition made = c.done({c.gathered(0, {2, -1, 0, 2}, {2, 2}, 7)});
  const LayerPtr gather = std::static_pointer_cast<const Layer>(made.parts[0].layer);
  const Tensors<double> x{vector({10, 20, 30}), scalar(7.0)};
  CHECK(near(run(gather, x)[0], tensor({2, 2}, {30, 7, 10, 30}), 0));
  check_gradients(gather, x);
}
