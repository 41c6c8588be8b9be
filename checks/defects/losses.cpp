#include <cmath>

#include <defects/corpus.hpp>

namespace gradcheck::defects {

namespace {

/// −3 times a loss: its upstream is not 1.
std::string weighted(const std::string& loss) { return "L = -3 * " + loss; }

std::vector<Specimen> regression() {
  const Given y = normal("y", {5, 3});
  const Given t = normal("t", {5, 3});
  return {
      {"half_squared_error",
       "clean",
       weighted("half_squared_error(y, t)"),
       {y, t},
       {{"wrong constant", {"half_squared_error"}, scaled(2)},
        {"averaged over batch", {"half_squared_error"}, scaled(0.2)},
        {"sign", {"half_squared_error"}, negated(1)},
        {"ignored upstream", {"half_squared_error"}, upstream_ignored()}},
       {}},
      {"half_squared_error, mean",
       "clean",
       "L = half_squared_error(y, t, reduction=\"mean\")",
       {y, fixed(t)},
       {{"averaged over batch", {"half_squared_error"}, scaled(5), false, "not averaged"},
        {"wrong constant", {"half_squared_error"}, scaled(1.0 / 3), false, "by all entries"},
        {"relative 1e-6", {"half_squared_error"}, scaled_entry(9, 1 + 1e-6)}},
       {}},
      {"mean_squared_error",
       "clean",
       weighted("mean_squared_error(y, t)"),
       {y, t},
       {{"missing factor", {"mean_squared_error"}, scaled(0.5)},
        {"averaged over batch", {"mean_squared_error"}, scaled(3)},
        {"sign", {"mean_squared_error"}, magnitude(1)}},
       {}},
      {"mean_absolute_error",
       "clean",
       weighted("mean_absolute_error(y, t)"),
       {y, t},
       {{"sign", {"mean_absolute_error"}, magnitude(0)},
        {"averaged over batch", {"mean_absolute_error"}, scaled(15)},
        {"relative 1e-3", {"mean_absolute_error"}, scaled(1.001, 1)}},
       {}},
      {"l1",
       "clean",
       "L = mean_squared_error(y, t) + 0.01 * l1(y)",
       {both_signs("y", {5, 3}), fixed(t)},
       {{"sign", {"l1"}, magnitude()},
        {"zero", {"l1"}, dropped()},
        {"ignored upstream", {"l1"}, upstream_ignored()}},
       {}},
      {"l2",
       "clean",
       "L = mean_squared_error(y, t) + 1e-4 * l2(y)",
       {both_signs("y", {5, 3}), fixed(t)},
       {{"missing factor", {"l2"}, scaled(0.5)},
        {"zero", {"l2"}, dropped()},
        {"relative 1e-3", {"l2"}, scaled(1.001)}},
       {}},
  };
}

std::vector<Specimen> softmax() {
  const Given z = normal("z", {5, 3}, 2);
  const Given one_hot = fixed(values("t", {5, 3}, {1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0}));
  const Given soft = fixed(values("t", {2, 3}, {0.2, 0.5, 0.3, 0.7, 0.1, 0.2}));
  return {
      {"softmax_cross_entropy",
       "clean",
       weighted("softmax_cross_entropy(z, t)"),
       {z, labels("t", 5, 3)},
       {{"averaged over batch", {"softmax_cross_entropy"}, scaled(5), false, "not averaged"},
        {"sign", {"softmax_cross_entropy"}, negated()},
        {"stale", {"softmax_cross_entropy"}, stale()},
        {"relative 1e-6", {"softmax_cross_entropy"}, scaled_entry(7, 1 + 1e-6)},
        {"ignored upstream", {"softmax_cross_entropy"}, upstream_ignored()}},
       {}},
      {"softmax_cross_entropy, sum",
       "clean",
       "L = softmax_cross_entropy(z, t, reduction=\"sum\")",
       {z, one_hot},
       {{"averaged over batch", {"softmax_cross_entropy"}, scaled(0.2)},
        {"missing term", {"softmax_cross_entropy"}, entrywise([](auto, auto d) {
           return d > 0 ? d : d * 0;
         })},
        {"float32 inside", {"softmax_cross_entropy"}, float32()}},
       {}},
      {"softmax_cross_entropy of probabilities",
       "clean",
       "L = softmax_cross_entropy(z, t)",
       {normal("z", {2, 3}), soft},
       {{"one entry only", {"softmax_cross_entropy"}, scaled_entry(4, 1.01)},
        {"wrong argument", {"softmax_cross_entropy"}, at_multiple(1.01)}},
       {}},
  };
}

std::vector<Specimen> binary() {
  const Given p = uniform("p", {5, 3}, 0.1, 0.9);
  const Given t = uniform("t", {5, 3}, 0.1, 0.9);
  const Given z = normal("z", {5, 3}, 2);
  const Given s = normal("s", {5, 4});
  const std::string logits = "binary_cross_entropy_with_logits";
  return {
      {"binary_cross_entropy",
       "clean",
       weighted("binary_cross_entropy(p, t)"),
       {p, t},
       {{"missing factor",
         {"binary_cross_entropy"},
         [](auto& call) {
           for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
             const auto q = call.x[0]->data()[i];
             call.dx[0].data()[i] *= q * (1 - q);
           }
         }},
        {"missing epsilon", {"binary_cross_entropy"}, at_shift(1e-5)},
        {"averaged over batch", {"binary_cross_entropy"}, scaled(3)},
        {"sign", {"binary_cross_entropy"}, negated(1)}},
       {}},
      {logits,
       "clean",
       weighted(logits + "(z, t)"),
       {z, t},
       {{"missing factor",
         {logits},
         [](auto& call) {
           for (std::size_t i = 0; i < call.dx[0].size(); ++i) {
             const auto e = std::exp(-call.x[0]->data()[i]);
             call.dx[0].data()[i] *= e / ((1 + e) * (1 + e));
           }
         }},
        {"sign", {logits}, magnitude()},
        {"relative 1e-5", {logits}, scaled(1 + 1e-5, 1)}},
       {}},
      {"multiclass_hinge",
       "clean",
       weighted("multiclass_hinge(s, t, margin=1.5)"),
       {s, labels("t", 5, 4)},
       {{"missing term",
         {"multiclass_hinge"},
         entrywise([](auto, auto d) { return d < 0 ? d : d * 0; }),
         false,
         "the others"},
        {"missing term",
         {"multiclass_hinge"},
         entrywise([](auto, auto d) { return d > 0 ? d : d * 0; }),
         false,
         "the right class"},
        {"averaged over batch", {"multiclass_hinge"}, scaled(5), false, "not averaged"},
        {"sign", {"multiclass_hinge"}, negated()}},
       {}},
      {"multiclass_hinge, sum",
       "clean",
       "L = multiclass_hinge(s, t, reduction=\"sum\")",
       {s, labels("t", 5, 4)},
       {{"one entry only", {"multiclass_hinge"}, scaled(1 + 1e-6)},
        {"averaged over batch", {"multiclass_hinge"}, scaled(0.2)}},
       {}},
  };
}

}  // namespace

std::vector<Specimen> loss_specimens() {
  std::vector<Specimen> all = regression();
  for (const auto& family : {softmax(), binary()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace gradcheck::defects
