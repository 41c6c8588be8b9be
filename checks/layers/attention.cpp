#include <gradcheck/layers/attention.hpp>
#include <gradcheck/layers/gated.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

Tensor half(const Shape& shape, int k) {
  Tensor t = ramp(shape, k);
  for (double& entry : entries(t)) {
    entry /= 2;
  }
  return t;
}

const char* const sdpa = "scaled_dot_product_attention";
const char* const mha = "multi_head_attention";

Tensors<double> randoms(const std::vector<Shape>& shapes) {
  Tensors<double> all;
  for (const Shape& shape : shapes) {
    all.push_back(random_signed(shape, 0.2, 1, all.size() + 1));
  }
  return all;
}

Settings heads(double count, Settings settings = {}) {
  settings["num_heads"] = count;
  return settings;
}

const Settings biases{{"in_proj_bias", true}, {"out_proj_bias", true}};

}  // namespace

TEST_CASE("scaled_dot_product_attention: values agree with PyTorch") {
  // PyTorch 1.13, float64: softmax(q kᵀ scale + mask) v in its operations
  const Tensor q = half({2, 3, 4}, 1), k = half({2, 5, 4}, 2), v = half({2, 5, 3}, 3);
  CHECK(near(value(standard(sdpa), {q, k, v}),
             tensor({2, 3, 3}, {-0.11423955297968266, -0.3183363116351802, 0.5107604470203173,
                                -0.1139248966321186, -0.3180473652304884, 0.5110751033678813,
                                -0.11360898537116579, -0.31794434627660917, 0.5113910146288342,
                                0.4848360022451209, -0.015163997754879005, -0.515163997754879,
                                0.4831236330485196, -0.016876366951480322, -0.5168763669514803,
                                0.48225284589099937, -0.0177471541090006, -0.5177471541090006}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard(sdpa, {{"is_causal", true}, {"scale", 0.3}}), {q, k, v}),
             tensor({2, 3, 3}, {-0.375, 0.75, 0.25, -0.3127929666042517, 0.003515599251019741,
                                0.3122070333957484, -0.24664704354244207, -0.2211597244103505,
                                0.37835295645755784, 0.25, -0.25, -0.75, 0.3158658809701105,
                                -0.18413411902988952, -0.6841341190298895, 0.37012886011375334,
                                -0.12987113988624657, -0.6298711398862465}),
             1e-14L, 1e-15L));
  const Settings additive{{"attn_mask", true}, {"mask_kind", std::string("additive")}};
  CHECK(near(value(standard(sdpa, additive), {q, k, v, ramp({3, 5}, 4)}),
             tensor({2, 3, 3}, {-0.006746436116299437, -0.3791744190770584, 0.6182535638837006,
                                -0.012154242352508934, -0.2547171062261957, 0.612845757647491,
                                -0.22880463836680862, -0.06675887055917219, 0.39619536163319136,
                                0.6068997697343468, 0.10689976973434676, -0.3931002302656532,
                                0.5681355266650635, 0.06813552666506345, -0.4318644733349365,
                                0.3668806681749954, -0.13311933182500468, -0.6331193318250047}),
             1e-13L, 1e-15L));
}

TEST_CASE("scaled_dot_product_attention: a mask of 0 and 1 leaves out where it is 0") {
  const Tensors<double> x = randoms({{2, 3, 4}, {2, 2, 4}, {2, 2, 3}});
  const Tensor mask = tensor({3, 2}, {1, 0, 0, 1, 0, 0});
  const Tensor y = value(standard(sdpa, {{"attn_mask", true}}), {x[0], x[1], x[2], mask});
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t f = 0; f < 3; ++f) {
      CHECK(y.data()[n * 9 + f] == x[2].data()[n * 6 + f]);
      CHECK(y.data()[n * 9 + 3 + f] == x[2].data()[n * 6 + 3 + f]);
      CHECK(y.data()[n * 9 + 6 + f] == 0);  // may attend to nothing
    }
  }
}

TEST_CASE("scaled_dot_product_attention: gradients agree with central differences") {
  const Tensors<double> x = randoms({{2, 3, 4}, {2, 5, 4}, {2, 5, 2}});
  check_layer(standard(sdpa), x);
  check_layer(standard(sdpa, {{"is_causal", true}, {"scale", -0.7}}), x);
  const Tensor hidden = tensor({3, 5}, {1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1});
  check_layer(standard(sdpa, {{"attn_mask", true}}), {x[0], x[1], x[2], hidden});
  check_layer(standard(sdpa, {{"attn_mask", true}, {"mask_kind", std::string("additive")}}),
              {x[0], x[1], x[2], random_signed({2, 1, 5}, 0.2, 1, 9)});
  check_layer(standard(sdpa), randoms({{3, 4}, {2, 5, 4}, {1, 5, 2}}));
}

TEST_CASE("multi_head_attention: values agree with PyTorch") {
  // PyTorch 1.13, float64: F.multi_head_attention_forward with two heads
  const Tensor q = half({2, 2, 4}, 1), k = half({3, 2, 4}, 2), v = half({3, 2, 4}, 3);
  const Tensor W = half({12, 4}, 4), O = half({4, 4}, 5);
  Settings masked = heads(2, biases);
  masked["attn_mask"] = true;
  masked["key_padding_mask"] = true;
  CHECK(
      near(value(standard(mha, masked),
                 {q, k, v, W, O, half({12}, 6), half({4}, 7), tensor({2, 3}, {0, 1, 0, 0, 0, 1}),
                  tensor({2, 3}, {0, 0, 0, 1, 0, 0})}),
           tensor({2, 2, 4}, {0.18539579942972226, 0.6853957994297223, -0.4396042005702777,
                              0.06039579942972226, 0.234375, 0.734375, -0.390625, 0.109375,
                              0.1926969638376321, 0.6926969638376321, -0.43230303616236787,
                              0.0676969638376321, 0.13671875, 0.63671875, -0.48828125, 0.01171875}),
           1e-14L, 1e-15L));
  CHECK(near(
      value(standard(mha, heads(2)), {q, k, v, W, O}),
      tensor({2, 2, 4},
             {-0.0013103482900473518, -0.0013103482900473518, -0.0013103482900473518,
              -0.0013103482900473518, 0.040967600739317794, 0.040967600739317794,
              0.040967600739317794, 0.040967600739317794, -0.0023619044310064993,
              -0.0023619044310064993, -0.0023619044310064993, -0.0023619044310064993,
              0.04104055513727036, 0.04104055513727036, 0.04104055513727036, 0.04104055513727036}),
      1e-13L, 1e-15L));
}

TEST_CASE("multi_head_attention: gradients agree with central differences") {
  check_layer(standard(mha, heads(2, biases)),
              randoms({{3, 2, 4}, {5, 2, 4}, {5, 2, 4}, {12, 4}, {4, 4}, {12}, {4}}));
  Settings additive = heads(3);
  additive["attn_mask"] = true;
  additive["mask_kind"] = std::string("additive");
  additive["batch_first"] = true;
  additive["out_proj_bias"] = true;
  check_layer(standard(mha, additive),
              randoms({{2, 2, 6}, {2, 3, 6}, {2, 3, 6}, {18, 6}, {6, 6}, {6}, {6, 2, 3}}));
  check_layer(standard(mha, heads(1, {{"is_causal", true}})),
              randoms({{3, 2}, {3, 2}, {3, 2}, {6, 2}, {2, 2}}));
}

TEST_CASE("multi_head_attention: batch_first only moves the axes") {
  const Tensors<double> x = randoms({{1, 3, 4}, {1, 3, 4}, {1, 3, 4}, {12, 4}, {4, 4}});
  Tensors<double> moved = x;
  for (std::size_t p = 0; p < 3; ++p) {
    moved[p] = reshaped(x[p], {3, 1, 4});
  }
  const Tensor y = value(standard(mha, heads(2, {{"batch_first", true}})), x);
  CHECK(same_bits(reshaped(y, {3, 1, 4}), value(standard(mha, heads(2)), moved)));
}

TEST_CASE("attention: shapes and masks that do not fit are refused") {
  CHECK(refusal(standard(sdpa), std::vector<Shape>{{3, 4}, {5, 3}, {5, 2}}) ==
        "scaled_dot_product_attention: key has shape (5, 3), expected (..., S, E) with E = 4 ≥ 1, "
        "for "
        "query has shape (3, 4)");
  CHECK(refusal(standard(sdpa), std::vector<Shape>{{3, 4}, {5, 4}, {4, 2}}) ==
        "scaled_dot_product_attention: value has shape (4, 2), expected (..., S, F) with S = 5, "
        "for key "
        "has shape (5, 4)");
  CHECK(refusal(standard(sdpa, {{"attn_mask", true}}),
                std::vector<Shape>{{3, 4}, {5, 4}, {5, 2}, {2, 3, 5}}) ==
        "scaled_dot_product_attention: attn_mask has shape (2, 3, 5), expected one that broadcasts "
        "onto "
        "the scores (..., L, S) = (3, 5)");
  Tensors<double> x = randoms({{1, 4}, {1, 4}, {1, 2}});
  x.push_back(tensor({1, 1}, {-INFINITY}));
  CHECK(refusal(standard(sdpa, {{"attn_mask", true}}), x) ==
        "scaled_dot_product_attention: attn_mask has -inf, expected 0 or 1; what is added to the "
        "scores "
        "goes with mask_kind=\"additive\"");
  CHECK(refusal(standard(mha, heads(3)),
                std::vector<Shape>{{3, 2, 4}, {3, 2, 4}, {3, 2, 4}, {12, 4}, {4, 4}}) ==
        "multi_head_attention: num_heads has 3, expected a divisor of E = 4, for query has shape "
        "(3, 2, "
        "4)");
  CHECK(refusal(standard(mha, heads(2)),
                std::vector<Shape>{{3, 2, 4}, {5, 2, 4}, {5, 2, 4}, {8, 4}, {4, 4}}) ==
        "multi_head_attention: in_proj_weight has shape (8, 4), expected (12, 4), (3 E, E)");
  CHECK(refusal(standard(mha, heads(2)),
                std::vector<Shape>{{3, 2, 4}, {5, 2, 3}, {5, 2, 4}, {12, 4}, {4, 4}}) ==
        "multi_head_attention: key has shape (5, 2, 3), expected (5, 2, 4), query's shape but for "
        "its "
        "length S");
  CHECK(refused_settings(mha, heads(0)) ==
        "multi_head_attention: num_heads has 0, expected an integer ≥ 1");
}

TEST_CASE("rope, glu, swiglu, geglu: values agree with PyTorch") {
  // PyTorch 1.13, float64; rope: x cos θ + rotate_half(x) sin θ in its operations
  CHECK(near(value(standard("rope", {{"base", 100.0}, {"offset", 3.0}}), {ramp({3, 4}, 1)}),
             tensor({3, 4}, {1.0610906106757227, 0.2216401549960047, -1.4138906308253907,
                             -0.7165023668442045, -0.516022434258788, -1.7710098333129782,
                             -0.21499034243806112, 0.33693348053990935, 1.1547242265314814,
                             0.4591084097746947, 1.3844175528579779, -0.31893489629413563}),
             1e-13L, 1e-15L));
  CHECK(near(value(standard("glu"), {ramp({2, 6}, 1)}),
             tensor({2, 3}, {-0.4010266260307588, 0.0, 0.22803190475794544, -0.14054412522144952,
                             0.8175744761936437, -0.3775406687981454}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("glu", {{"dim", 0.0}}), {ramp({2, 3}, 1)}),
             tensor({1, 3}, {-0.4010266260307588, 0.0, 0.22803190475794544}), 1e-14L, 1e-15L));
  CHECK(near(value(standard("swiglu"), {ramp({2, 6}, 1)}),
             tensor({2, 3}, {0.20878138014872705, 0.0, -1.457437239702546, -0.02736396869463762,
                             1.0965878679450074, 0.13447071068499755}),
             1e-14L, 1e-15L));
  CHECK(near(value(standard("geglu"), {ramp({2, 6}, 1)}),
             tensor({2, 3}, {0.0990466628126768, 0.0, -1.6769066743746466, -0.02508085464481727,
                             1.2620171191028144, 0.07932762696572851}),
             1e-14L, 1e-15L));
}

TEST_CASE("rope, glu, swiglu, geglu: gradients agree with central differences") {
  const Tensor x = random_signed({2, 4, 6}, 0.2, 3, 1);
  check_layer(standard("rope"), {x});
  check_layer(standard("rope", {{"base", 10.0}, {"offset", -2.0}}), {x});
  for (const char* name : {"glu", "swiglu", "geglu"}) {
    check_layer(standard(name), {x});
    check_layer(standard(name, {{"dim", 1.0}}), {x});
  }
}

TEST_CASE("rope, glu: odd extents are refused") {
  CHECK(refusal(standard("rope"), std::vector<Shape>{{2, 3}}) ==
        "rope: x has shape (2, 3), expected (..., T, D) with an even D");
  CHECK(refused_settings("rope", {{"base", 0.0}}) ==
        "rope: base has 0, expected a positive number");
  CHECK(refusal(standard("glu"), std::vector<Shape>{{2, 3}}) ==
        "glu: x has shape (2, 3), expected an even extent along dim=-1, 2 n for y has n");
  CHECK(refusal(standard("swiglu", {{"dim", 2.0}}), std::vector<Shape>{{2, 3}}) ==
        "swiglu: dim has 2, expected an integer from -2 to 1");
}
