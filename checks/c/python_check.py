"""Checks of tools/python/gradcheck.py; run by checks/c/python."""
import unittest

import gradcheck
import numpy as np

X = np.linspace(-1.3, 1.7, 12).reshape(4, 3)


def entries(report):
    return {tensor["name"]: tensor["verdict"] for tensor in report.tensors if "/" not in tensor["name"]}


class CubeWithContext:
    """As a torch.autograd.Function is written."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * dy


class Scaled:
    def __init__(self, factor=1.0):
        self.w, self.dw, self.factor = np.array([0.5, -2, 3]), np.zeros(3), factor

    def forward(self, x):
        self.x = x
        return x * self.w

    def backward(self, dy):
        self.dw[...] = self.factor * np.sum(self.x * dy, axis=0)
        return dy * self.w


class Layers(unittest.TestCase):
    def test_a_right_layer_agrees(self):
        layer = Scaled()
        report = gradcheck.check_layer(layer.forward, layer.backward, X, parameters={"w": "dw"})
        self.assertTrue(report.agrees, report)
        self.assertEqual(entries(report), {"x": "agree", "w": "agree"})

    def test_a_wrong_gradient_disagrees_in_its_tensor_alone(self):
        layer = Scaled(0.25)
        report = gradcheck.check_layer(layer.forward, layer.backward, X, parameters={"w": "dw"})
        self.assertEqual(report.verdict, "disagree")
        self.assertEqual(entries(report), {"x": "agree", "w": "disagree"})

    def test_parameters_may_be_arrays_and_have_their_values_afterwards(self):
        layer = Scaled()
        w = layer.w
        report = gradcheck.check_layer(layer.forward, layer.backward, {"data": X},
                                       parameters={"w": (w, layer.dw)}, contract="assigns")
        self.assertTrue(report.agrees, report)
        self.assertEqual(entries(report), {"data": "agree", "w": "agree"})
        np.testing.assert_array_equal(w, [0.5, -2, 3])

    def test_forward_and_backward_may_take_a_context(self):
        report = gradcheck.check_layer(CubeWithContext.forward, CubeWithContext.backward, [X])
        self.assertTrue(report.agrees, report)
        self.assertEqual(report.json["cases"][0]["id"], "CubeWithContext")

    def test_float32_arrays_make_a_float32_layer(self):
        seen = set()

        def forward(x):
            seen.add(x.dtype)
            return 2 * x

        report = gradcheck.check_layer(forward, lambda dy: 2 * dy, X.astype(np.float32))
        self.assertTrue(report.agrees, report)
        self.assertEqual(seen, {np.dtype(np.float32)})

    def test_integers_are_labels(self):
        labels = np.array([2, 0, 1, 1])

        def forward(z, t):
            return z[np.arange(4), t]

        def backward(dy):
            dz = np.zeros_like(X)
            dz[np.arange(4), labels] = dy
            return dz, None

        report = gradcheck.check_layer(forward, backward, {"z": X, "t": labels})
        self.assertTrue(report.agrees, report)
        self.assertEqual(entries(report), {"z": "agree"})

    def test_several_inputs_and_outputs(self):
        kept = []

        def forward(a, b):
            kept[:] = [a, b]
            return a * b, a + b

        def backward(dp, ds):
            a, b = kept
            return dp * b + ds, dp * a + ds

        report = gradcheck.check_layer(forward, backward, [X, X[::-1]])
        self.assertTrue(report.agrees, report)


    def test_a_deviation_may_be_intended(self):
        report = gradcheck.check_layer(lambda x: np.round(x) + 0 * x, lambda dy: dy, X,
                                       intended_deviation="straight-through")
        self.assertTrue(report.agrees, report)
        self.assertIn("straight-through", report.text)


class Mistakes(unittest.TestCase):
    def test_what_a_layer_raises_is_the_cause(self):
        def backward(dy):
            raise LookupError("no cache")

        with self.assertRaisesRegex(gradcheck.Error, "backward: returns <1>.*LookupError: no cache") as caught:
            gradcheck.check_layer(lambda x: x, backward, X)
        self.assertIsInstance(caught.exception.__cause__, LookupError)

    def test_a_gradient_of_the_wrong_shape_is_told(self):
        with self.assertRaisesRegex(gradcheck.Error, r"has shape <\(3, 4\)> as gradient 0, expected \(4, 3\)"):
            gradcheck.check_layer(lambda x: x, lambda dy: dy.T, X)

    def test_a_wrong_number_of_gradients_is_told(self):
        with self.assertRaisesRegex(gradcheck.Error, "has returned <2> gradients, expected 1"):
            gradcheck.check_layer(lambda x: x, lambda dy: (dy, dy), X)

    def test_an_interrupt_passes_through(self):
        def backward(dy):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            gradcheck.check_layer(lambda x: x, backward, X)

    def test_options_that_mean_nothing_are_refused(self):
        with self.assertRaisesRegex(gradcheck.Error, "rtol has <-1>"):
            gradcheck.check_layer(lambda x: x, lambda dy: dy, X, rtol=-1)


if __name__ == "__main__":
    unittest.main()
