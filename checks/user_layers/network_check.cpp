#include <doctest/doctest.h>

#include <gradcheck/cases/case_run.hpp>
#include <gradcheck/gradcheck.hpp>

using namespace gradcheck;

namespace {

/// y = x w over rows, w of 3 entries.
struct Scale {
  double factor = 1;  ///< of the gradient of w
  Tensor w = random_normal({3}, 0, 1, 9), dw = zeros<double>({3});
  Tensor x;
  Tensor forward(const Tensor& input) {
    if (input.dimension() != 2 || input.shape()[1] != 3) {
      throw std::invalid_argument("three columns are needed");
    }
    x = input;
    return x * w;
  }
  Tensor backward(const Tensor& dy) {
    dw = factor * xt::sum(dy * x, {0});
    return dy * w;
  }
  auto parameters() { return std::pair<Tensor&, Tensor&>(w, dw); }
};

LayerLibrary library_with(Scale& scale) {
  LayerLibrary layers = standard_layers();
  layers.add({.name = "scale", .tensors = {"x", "w"}, .make = [&scale](const Settings&) {
                return adapted(scale);
              }});
  return layers;
}

/// A network over the user's layer between two of the library's own.
Network network_with(Scale& scale, std::size_t columns = 3) {
  const LayerLibrary layers = library_with(scale);
  Network network;
  network.give("x", Role::input, random_normal({4, columns}, 0, 1, 1));
  network.give("w", Role::parameter, random_normal({3}, 0, 1, 2));
  network.give("V", Role::parameter, random_normal({3, 2}, 0, 1, 3));
  add_statements(network, parse_statements("z = scale(tanh(x), w)\nL = sum(sigmoid(z @ V))"),
                 layers);
  return network;
}

}  // namespace

TEST_CASE("users' layers in networks: they stand in the language under their name") {
  Scale layer;
  const Report report = check(network_with(layer));
  REQUIRE_MESSAGE(report.agrees(), report);
  CHECK(report.cases.at(0).tensors.size() == 3);
}

TEST_CASE("users' layers in networks: a wrong gradient stays where it is") {
  Scale layer;
  layer.factor = 2;
  const Report report = check(network_with(layer));
  for (const TensorReport& tensor : report.cases.at(0).tensors) {
    CHECK((tensor.verdict == Verdict::disagree) == (tensor.name == "w"));
  }
}

TEST_CASE("users' layers in networks: they bring their parameters, and the faulty one is named") {
  Scale first, second, third;
  second.w = random_normal({3}, 0, 1, 10);
  third.w = random_normal({3}, 0, 1, 11);
  const auto checked = [&] {
    Network network;
    const ValueId x = network.give("x", Role::input, random_normal({4, 3}, 0, 1, 1));
    const ValueId h1 = network.add("h1", first, {x});
    const ValueId h2 = network.add("h2", second, {h1});
    const ValueId h3 = network.add("h3", third, {h2});
    network.apply("L", make_layer(*standard_layers().find("sum"), {}), {h3});
    return check(network);
  };
  const Report right = checked();
  REQUIRE_MESSAGE(right.agrees(), right);
  CHECK(right.cases.at(0).tensors.size() == 4);
  CHECK(right.cases[0].tensors[2].name == "h2.p0");
  second.factor = 1.01;
  const Report wrong = checked();
  for (const TensorReport& tensor : wrong.cases.at(0).tensors) {
    CHECK((tensor.verdict == Verdict::disagree) == (tensor.name == "h2.p0"));
  }
  REQUIRE(wrong.cases[0].diagnosis.size() == 1);
  CHECK(wrong.cases[0].diagnosis[0].layer == "Scale (h2)");
}

TEST_CASE("users' layers in networks: those of ours beside them are taken apart as ever") {
  Scale layer;
  const LayerLibrary layers = library_with(layer);
  const auto checked = [&] {
    Network network;
    network.give("x", Role::input, random_normal({8, 3}, 0, 1, 1));
    network.give("t", Role::constant, random_integers({8}, 0, 2, 2));
    network.give("g", Role::parameter, random_normal({3}, 1, 0.2, 3));
    network.give("w", Role::parameter, random_normal({3}, 0, 1, 4));
    network.give("K", Role::parameter, random_normal({2, 1, 1, 2}, 0, 1, 5));
    network.give("V", Role::parameter, random_normal({4, 2}, 0, 1, 6));
    add_statements(network,
                   parse_statements("z = scale(layer_norm(x, g), w)\n"
                                    "a = z + scaled_dot_product_attention(z, z, z)\n"
                                    "c = relu(conv2d(reshape(a, shape=[8, 1, 1, 3]), K))\n"
                                    "L = cross_entropy(flatten(c) @ V, t, label_smoothing=0.1)"),
                   layers);
    return check(network);
  };
  const Report right = checked();
  REQUIRE_MESSAGE(right.agrees(), right);
  layer.factor = 1.001;
  const Report wrong = checked();
  for (const TensorReport& tensor : wrong.cases.at(0).tensors) {
    CHECK((tensor.verdict == Verdict::disagree) == (tensor.name == "w"));
  }
}

TEST_CASE("users' layers in case files: they stand in those of their own program") {
  const std::string text =
      "network = 'L = l2(scale(x, w))'\n[inputs]\nx = [[1, 2, 3], [4, 5, 6]]\n"
      "[parameters]\nw = [1, -2, 3]\n[claims.forward]\nL = 538\n";
  Scale layer;
  const LayerLibrary library = library_with(layer);
  CHECK(check_case(parse_case_file(text), {}, library).report.verdict == Verdict::agree);
  CHECK_THROWS_AS(check_case(parse_case_file(text), {}), LocatedError);
}

TEST_CASE("users' layers in networks: refused inputs are told where the layer is used") {
  Scale layer;
  try {
    network_with(layer, 2);
    FAIL("two columns were accepted");
  } catch (const LocatedError& error) {
    CHECK(error.at.line == 1);
    CHECK(std::string(error.what()).find("Scale: forward threw 'three columns are needed'") !=
          std::string::npos);
  }
}

TEST_CASE("users' layers in networks: they calculate in double, and say so") {
  Scale layer;
  const LayerPtr own = adapted(layer);
  CHECK_FALSE(own->in_long_double());
  CHECK_FALSE(in_long_double(network_with(layer).graph()));
  CHECK(own->differentiable(0));
  const std::vector<Shape> wrong{{4, 3}, {2}};
  CHECK_THROWS_WITH_AS(own->output_shapes(wrong), "Scale: p0 has shape (2,), expected (3,)",
                       ShapeError);
}

TEST_CASE("check: a network without anything to differentiate is an error") {
  Network network;
  network.give("c", Role::constant, {1.0, 2.0});
  add_statements(network, parse_statements("L = sum(c)"));
  const Report report = check(network);
  CHECK(report.cases.at(0).verdict == Verdict::error);
  CHECK(report.cases[0].error->message ==
        "network: it has no parameter or input with a gradient, expected at least one");
}

TEST_CASE("check: gradients that are all zero are inconclusive") {
  Network network;
  network.give("x", Role::input, {-1.0, -2.0});
  add_statements(network, parse_statements("L = sum(relu(x))"));
  const Report report = check(network);
  CHECK(report.cases.at(0).only_zeros);
  CHECK(report.cases[0].verdict == Verdict::inconclusive);
}
