#include <algorithm>
#include <set>

#include <gradcheck/layers/library.hpp>

#include "gradient_helper.hpp"

using namespace gradcheck;
using namespace gradcheck::checks;

namespace {

std::string signature(const std::string& name) { return standard_layers().find(name)->signature(); }

/// A layer with optional tensors may need one of them, or a setting in its place.
bool needs_nothing(const LayerType& type) {
  return type.optional_tensors.empty() && type.name != "interpolate" &&
         std::ranges::all_of(type.settings, [](const SettingType& setting) {
           return setting.default_value || setting.optional;
         });
}

}  // namespace

TEST_CASE("standard layers: every one of the list is there") {
  const std::vector<const char*> names{"add",
                                       "subtract",
                                       "multiply",
                                       "divide",
                                       "negate",
                                       "power",
                                       "exp",
                                       "log",
                                       "sqrt",
                                       "abs",
                                       "square",
                                       "reciprocal",
                                       "sin",
                                       "cos",
                                       "maximum",
                                       "minimum",
                                       "where",
                                       "clip",
                                       "greater",
                                       "greater_equal",
                                       "less",
                                       "less_equal",
                                       "equal",
                                       "not_equal",
                                       "stop_gradient",
                                       "relu",
                                       "leaky_relu",
                                       "elu",
                                       "selu",
                                       "softplus",
                                       "sigmoid",
                                       "tanh",
                                       "gelu",
                                       "silu",
                                       "matmul",
                                       "affine",
                                       "outer",
                                       "dot",
                                       "sum",
                                       "mean",
                                       "max",
                                       "min",
                                       "transpose",
                                       "reshape",
                                       "flatten",
                                       "concat",
                                       "stack",
                                       "split",
                                       "softmax",
                                       "log_softmax",
                                       "half_squared_error",
                                       "mean_squared_error",
                                       "mean_absolute_error",
                                       "l1",
                                       "l2",
                                       "softmax_cross_entropy",
                                       "binary_cross_entropy",
                                       "binary_cross_entropy_with_logits",
                                       "multiclass_hinge"};
  for (const char* name : names) {
    CHECK_MESSAGE(standard_layers().find(name) != nullptr, name);
  }
  CHECK(standard_layers().find("warp") == nullptr);
}

TEST_CASE("standard layers: there are 150 at least") {
  CHECK(standard_layers().types().size() >= 150);
}

TEST_CASE("standard layers: every one is documented in full and can be made") {
  for (const LayerType& type : standard_layers().types()) {
    CAPTURE(type.name);
    CHECK_FALSE(type.group.empty());
    CHECK_FALSE(type.formula.empty());
    CHECK_FALSE(type.gradients.empty());
    CHECK_FALSE(type.shapes.empty());
    CHECK(type.tensors.empty() == (type.group == "constant" && type.name != "one_hot"));
    CHECK(std::set<std::string>(type.tensors.begin(), type.tensors.end()).size() ==
          type.tensors.size());
    for (const SettingType& setting : type.settings) {
      CHECK(std::ranges::count(type.tensors, setting.name) == 0);
      CHECK((setting.kind != SettingType::Kind::word || !setting.words.empty()));
    }
    if (needs_nothing(type)) {
      CHECK(make_layer(type, {})->name() == type.name);
    }
  }
}

TEST_CASE("signature: is how the layer is called, with defaults") {
  CHECK(signature("affine") == "affine(x, W, b)");
  CHECK(signature("sum") == "sum(x, axis=None, keepdims=false)");
  CHECK(signature("concat") == "concat(a, ..., axis=0)");
  CHECK(signature("leaky_relu") == "leaky_relu(x, negative_slope=0.01)");
  CHECK(signature("power") == "power(x, exponent=...)");
  CHECK(signature("softmax_cross_entropy") == "softmax_cross_entropy(z, t, reduction=\"mean\")");
  CHECK(signature("multiclass_hinge") == "multiclass_hinge(s, t, margin=1, reduction=\"mean\")");
}

TEST_CASE("signature: optional tensors may be left out, and an order of its own is kept") {
  LayerType type{.name = "f", .tensors = {"x", "index"}, .optional_tensors = {"mask"}};
  type.settings = {{.name = "axis", .kind = SettingType::Kind::integer, .default_value = 0.0}};
  CHECK(type.signature() == "f(x, index, mask=None, axis=0)");
  type.order = {"x", "axis", "index"};
  CHECK(type.signature() == "f(x, axis=0, index, mask=None)");
  CHECK(type.positional() == std::vector<std::string>{"x", "axis", "index"});
}

TEST_CASE("make_layer: is told which optional tensors are given") {
  LayerType type{.name = "f", .tensors = {"x"}, .optional_tensors = {"mask"}};
  bool told = true;
  type.make = [&told](const Settings& settings) {
    told = given(settings, "mask");
    return LayerPtr();
  };
  make_layer(type, {});
  CHECK_FALSE(told);
  make_layer(type, {{"mask", true}});
  CHECK(told);
}

TEST_CASE("canonical_name: knows PyTorch's words for arguments, where they mean something") {
  const LayerType& sum = *standard_layers().find("sum");
  CHECK(canonical_name(sum, "dim") == "axis");
  CHECK(canonical_name(sum, "keepdim") == "keepdims");
  CHECK(canonical_name(*standard_layers().find("var"), "correction") == "ddof");
  CHECK(canonical_name(*standard_layers().find("relu"), "dim") == "dim");
  CHECK(canonical_name(*standard_layers().find("huber"), "input") == "y");
  CHECK(canonical_name(*standard_layers().find("embedding"), "input") == "index");
  CHECK(canonical_name(*standard_layers().find("cross_entropy"), "target") == "t");
  CHECK(canonical_name(*standard_layers().find("tile"), "dims") == "reps");
  CHECK(canonical_name(*standard_layers().find("solve"), "B") == "b");
  CHECK(canonical_name(*standard_layers().find("focal"), "inputs") == "z");
  CHECK(canonical_name(*standard_layers().find("one_hot"), "tensor") == "t");
}

TEST_CASE("library: a name or an alias is taken once") {
  LayerLibrary library;
  library.add({.name = "mine"});
  CHECK_THROWS_WITH_AS(library.add({.name = "mine"}),
                       "layer library: has 'mine' already, expected a new name", ValueError);
  CHECK_THROWS_WITH_AS(library.add({.name = "other", .aliases = {"mine"}}),
                       "layer library: has 'mine' already, expected a new name", ValueError);
  library.add({.name = "yours", .aliases = {"theirs"}});
  CHECK(library.find("theirs")->name == "yours");
}

TEST_CASE("nearest: finds what was mistyped") {
  const LayerLibrary& library = standard_layers();
  CHECK(library.nearest("sigmod") == "sigmoid");
  CHECK(library.nearest("sigmiod") == "sigmoid");
  CHECK(library.nearest("ReLU") == "relu");
  CHECK(library.nearest("maxmium") == "maximum");
  CHECK(library.nearest("soft_max") == "softmax");
  CHECK(library.nearest("softmax_crossentropy") == "softmax_cross_entropy");
  CHECK(library.nearest("qqq") == "");
  CHECK(library.nearest("") == "");
  CHECK(library.nearest(std::string(100000, 'x')) == "");
}

TEST_CASE("find: knows what NumPy and PyTorch call it") {
  const LayerLibrary& library = standard_layers();
  CHECK(library.find("clamp")->name == "clip");
  CHECK(library.find("concatenate")->name == "concat");
  CHECK(library.find("mse_loss")->name == "mean_squared_error");
  CHECK(library.find("detach")->name == "stop_gradient");
  CHECK(library.find("kl_div")->name == "kl_divergence");
}

TEST_CASE("nearest: knows what others call something like it") {
  const LayerLibrary& library = standard_layers();
  CHECK(library.nearest("linear") == "affine");
  CHECK(library.nearest("cross_entropy_loss") == "cross_entropy");
  CHECK(library.nearest("hinge_loss") == "hinge");
  CHECK(library.nearest("svm_loss") == "multiclass_hinge");
}

TEST_CASE("nearest_name: accepts up to a third of the letters, and only among the candidates") {
  CHECK(nearest_name("abcxyf", {"abcdef"}) == "abcdef");
  CHECK(nearest_name("abwxyf", {"abcdef"}) == "");
  CHECK(nearest_name("linear", {"add"}) == "");
  CHECK(nearest_name("W12", {"W1", "W2", "b1"}) == "");
  CHECK(nearest_name("w1", {"W1", "W2"}) == "W1");
}

TEST_CASE("settings: unknown ones are refused with what there is") {
  CHECK(refused_settings("sum", {{"keepdim", true}}) ==
        "sum: unknown setting 'keepdim', did you mean 'keepdims'?");
  CHECK(refused_settings("sum", {{"whatever", true}}) ==
        "sum: unknown setting 'whatever', expected axis or keepdims");
  CHECK(refused_settings("exp", {{"base", 2.0}}) ==
        "exp: unknown setting 'base', it has no settings");
}

TEST_CASE("settings: values of the wrong type are refused") {
  CHECK(refused_settings("softmax", {{"axis", 0.5}}) ==
        "softmax: axis has 0.5, expected an integer");
  CHECK(refused_settings("softmax", {{"axis", std::vector<double>{0, 1}}}) ==
        "softmax: axis has [0, 1], expected an integer");
  CHECK(refused_settings("softmax", {{"axis", 1e300}}) ==
        "softmax: axis has 1e+300, expected an integer");
  CHECK(refused_settings("softmax", {{"axis", std::nan("")}}) ==
        "softmax: axis has nan, expected an integer");
  CHECK(refused_settings("sum", {{"axis", std::vector<double>{0, 0.5}}}) ==
        "sum: axis has [0, 0.5], expected an integer or a list of integers");
  CHECK(refused_settings("elu", {{"alpha", true}}) == "elu: alpha has true, expected a number");
  CHECK(refused_settings("elu", {{"alpha", std::nan("")}}) ==
        "elu: alpha has nan, expected a number");
}
