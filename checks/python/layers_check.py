"""Layers in NumPy: right ones agree, wrong ones disagree where they are wrong."""
import time

import gradcheck
import numpy as np
import pytest

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


def test_a_right_layer_agrees():
    report = gradcheck.check_layer(Scaled(), [X], parameters={"w": "dw"})
    assert report
    assert entries(report) == {"x": "agree", "w": "agree"}
    assert repr(report) == "<gradcheck.Report Scaled: agree (x: agree, w: agree, y/x: agree, y/w: agree)>"


def test_a_wrong_gradient_disagrees_in_its_tensor_alone():
    layer = Scaled(0.25)
    report = gradcheck.check_layer(layer.forward, layer.backward, X, parameters={"w": "dw"})
    assert not report and report.verdict == "disagree"
    assert entries(report) == {"x": "agree", "w": "disagree"}


def test_assert_gradients_raises_with_the_report():
    assert gradcheck.assert_gradients(Scaled(), [X], parameters={"w": "dw"}).agrees
    with pytest.raises(gradcheck.GradientError, match="constant factor") as caught:
        gradcheck.assert_gradients(Scaled(0.25), [X], parameters={"w": "dw"})
    assert isinstance(caught.value, AssertionError)
    assert caught.value.report.verdict == "disagree"


def test_parameters_may_be_arrays_or_looked_up():
    layer = Scaled()
    w, dw = layer.w, layer.dw
    for gradient in (dw, lambda: layer.dw):
        report = gradcheck.check_layer(layer.forward, layer.backward, {"data": X}, parameters={"w": (w, gradient)},
                                       contract="assigns")
        assert report, report
        assert entries(report) == {"data": "agree", "w": "agree"}
    np.testing.assert_array_equal(w, [0.5, -2, 3])


def test_everything_is_left_as_it_was_found():
    layer = Scaled()
    layer.w = layer.w.astype(np.float32)
    w, dw, buffer = layer.w, layer.dw, np.arange(5.0)
    layer.dw[...] = [7, 8, 9]
    x = X.astype(np.float32)
    assert gradcheck.check_layer(layer, [x], parameters={"w": "dw"})
    assert layer.w is w and w.dtype == np.float32 and layer.dw is dw
    np.testing.assert_array_equal(dw, [7, 8, 9])
    np.testing.assert_array_equal(w, [0.5, -2, 3])
    np.testing.assert_array_equal(x, X.astype(np.float32))
    layer.w = buffer[1:4]  # a part of a larger array stays one
    assert gradcheck.check_layer(layer, [X], parameters={"w": "dw"})
    assert layer.w.base is buffer
    np.testing.assert_array_equal(buffer, np.arange(5.0))


def test_a_gradient_that_there_was_none_of_is_gone_afterwards():
    class Affine:
        def __init__(self):
            self.b, self.db = 0.5, None

        def forward(self, x):
            return x + self.b

        def backward(self, dy):
            self.db = dy.sum()
            return dy

    layer = Affine()
    assert gradcheck.check_layer(layer, [X], parameters={"b": "db"})
    assert layer.db is None and layer.b == 0.5 and isinstance(layer.b, float)


def test_forward_and_backward_may_take_a_context():
    report = gradcheck.check_layer(CubeWithContext, [X])
    assert report, report
    assert report.cases[0]["id"] == "CubeWithContext"


def test_a_context_has_what_torchs_has():
    class Pair:
        @staticmethod
        def forward(ctx, x, t):
            assert ctx.needs_input_grad == (True, False)
            ctx.set_materialize_grads(False)
            ctx.kept = x
            largest = x.argmax(axis=1)
            ctx.mark_non_differentiable(largest)
            return x * 2, largest

        @staticmethod
        def backward(ctx, dy, dlargest):
            assert dlargest.shape == (4,)
            return dy * 2, None

    assert gradcheck.check_layer(Pair, {"x": X, "t": np.arange(4)})


def test_float32_arrays_make_a_float32_layer():
    seen = set()

    def forward(x):
        seen.add(x.dtype)
        return 2 * x

    assert gradcheck.check_layer(forward, lambda dy: 2 * dy, X.astype(np.float32))
    assert seen == {np.dtype(np.float32)}


def test_each_input_keeps_its_type():
    seen = set()

    def forward(a, b, t):
        seen.add((a.dtype.name, b.dtype.name, t.dtype.name))
        return a * b * t

    kept = []

    def remembering(a, b, t):
        kept[:] = [a, b, t]
        return forward(a, b, t)

    report = gradcheck.check_layer(remembering, lambda dy: (dy * kept[1] * kept[2], dy * kept[0] * kept[2], None),
                                   [X, X.astype(np.float32), np.arange(1, 4)])
    assert report.verdict != "disagree", report
    assert seen == {("float64", "float32", "int64")}


def test_integers_are_labels():
    labels = np.array([2, 0, 1, 1])

    def forward(z, t):
        return z[np.arange(4), t]

    def backward(dy):
        dz = np.zeros_like(X)
        dz[np.arange(4), labels] = dy
        return dz, None

    report = gradcheck.check_layer(forward, backward, {"z": X, "t": labels})
    assert report, report
    assert entries(report) == {"z": "agree"}


def test_several_inputs_and_outputs():
    kept = []

    def forward(a, b):
        kept[:] = [a, b]
        return a * b, a + b

    def backward(dp, ds):
        a, b = kept
        return dp * b + ds, dp * a + ds

    report = gradcheck.check_layer(forward, backward, [X, X[::-1]], outputs=["product", "the sum"])
    assert report, report
    assert {"product/x0", "the sum/x1"} <= {tensor["name"] for tensor in report.tensors}


def test_names_are_free():
    report = gradcheck.check_layer(lambda y: 3 * y, lambda dy: 3 * dy, {"y": X})
    assert report, report
    assert entries(report) == {"y": "agree"}
    for name in ("U", "L", "x.0[1]", "größe"):
        assert gradcheck.check_layer(lambda x: 3 * x, lambda dy: 3 * dy, {name: X}), name


def test_a_deviation_may_be_intended():
    report = gradcheck.check_layer(lambda x: 2 * x, lambda dy: dy.copy(), X, intended_deviation="half a step")
    assert report, report
    assert "half a step" in report.text


def test_a_function_is_checked_with_its_gradient():
    assert gradcheck.check_function(lambda x: (x**2).sum(), lambda x: 2 * x, X)
    assert gradcheck.check_function(np.sin, lambda dy, x: dy * np.cos(x), X)
    assert not gradcheck.check_function(lambda a, b: (a * b).sum(), lambda a, b: (b, a + 1), [X, X[::-1]])


def test_before_forward_is_called_before_each_forward():
    state = {"calls": 0}

    def before():
        state["mask"] = np.random.default_rng(3)

    def forward(x):
        state["kept"] = state["mask"].uniform(size=x.shape) < 0.5
        return x * state["kept"]

    report = gradcheck.check_layer(forward, lambda dy: dy * state["kept"], X, before_forward=before)
    assert report, report


def test_a_layer_that_clings_to_its_first_input_is_found():
    class Stale:
        x = None

        def forward(self, x):
            self.x = x if self.x is None else self.x
            return x**2

        def backward(self, dy):
            return 2 * self.x * dy

    assert gradcheck.check_layer(Stale(), [X]).verdict == "disagree"


def test_a_report_is_shown_as_html():
    html = gradcheck.check_layer(Scaled(0.25), [X], parameters={"w": "dw"})._repr_html_()
    assert "<table>" in html and "disagree" in html and "constant factor" in html


def test_progress_is_told():
    seen = []
    gradcheck.check_layer(Scaled(), [X], parameters={"w": "dw"}, progress=seen.append)
    assert {one.tensor for one in seen} >= {"x", "w"}
    assert all(0 <= one.done <= one.entries for one in seen)


def test_the_same_seed_gives_the_same_report():
    first, second = (gradcheck.check_layer(Scaled(0.25), [X], parameters={"w": "dw"}, seed=5) for _ in range(2))
    assert first.tensors == second.tensors


def test_a_batch_of_points_must_give_what_forward_gives():
    layer = Scaled()
    good = lambda x: x * layer.w
    assert gradcheck.check_layer(layer, [X], parameters={"w": "dw"}, forward_batch=good)
    report = gradcheck.check_layer(layer, [X], parameters={"w": "dw"}, forward_batch=lambda x: x[::-1] * layer.w)
    assert report.verdict == "disagree" and "forward_batch gives another result" in " ".join(report.text.split())
    with pytest.raises(gradcheck.Error, match=r"^forward_batch of Scaled returned shape \(4, 3\), expected \(2, 4, 3\)"):
        gradcheck.check_layer(layer, [X], parameters={"w": "dw"}, forward_batch=lambda x: x[0] * layer.w)


def test_tensors_are_chosen_and_tolerances_are_their_own():
    keywords = {"parameters": {"w": "dw"}, "gradients_only": True}
    for chosen in ({"only": "w"}, {"skip": ["x"]}, {"only": ["w*"]}):
        assert set(entries(gradcheck.check_layer(Scaled(), [X], **keywords, **chosen))) == {"w"}
    assert gradcheck.check_layer(Scaled(1.0001), [X], **keywords).verdict == "disagree"
    assert gradcheck.check_layer(Scaled(1.0001), [X], rtol={"w": 1e-3}, **keywords).verdict == "agree"
    assert gradcheck.check_layer(Scaled(1.0001), [X], rtol={"x": 1e-3}, **keywords).verdict == "disagree"


def test_a_sample_of_entries_says_how_many_were_left_out():
    report = gradcheck.check_layer(Scaled(), [X], parameters={"w": "dw"}, max_entries=5)
    counts = {one["name"]: (one["entries"], one["not_checked"]) for one in report.tensors if "/" not in one["name"]}
    assert report, report
    assert counts["x"] == (5, 7) and counts["w"] == (3, 0)


def test_a_limit_of_time_within_which_nothing_is_compared_is_an_error():
    class Slow(Scaled):
        def forward(self, x):
            time.sleep(0.002)
            return super().forward(x)

    with pytest.raises(gradcheck.Error, match="within its limit of time 0 entries were compared"):
        gradcheck.check_layer(Slow(), [np.tile(X, (20, 1))], parameters={"w": "dw"}, max_seconds=0.001)


def test_a_reference_is_differentiated_in_place_of_forward():
    class Single(Scaled):
        def forward(self, x):
            return super().forward(x).astype(np.float32)

    layer = Single()
    layer.w = layer.w.astype(np.float32)
    x = X.astype(np.float32)
    assert gradcheck.check_layer(layer, [x], parameters={"w": "dw"}, reference=Scaled())
    assert gradcheck.check_layer(layer, [x], parameters={"w": "dw"}, reference=lambda x: x * layer.w).verdict != "disagree"
    layer.factor = 1.001
    report = gradcheck.check_layer(layer, [x], parameters={"w": "dw"}, reference=Scaled())
    assert report.verdict == "disagree" and entries(report)["w"] == "disagree"
    with pytest.raises(gradcheck.Error, match="reference"):
        gradcheck.check_layer(layer, [x], parameters={"w": "dw"}, reference=lambda x: x + 3)
    with pytest.raises(gradcheck.Error, match="reference: has a int, expected an object with forward"):
        gradcheck.check_layer(layer, [x], reference=3)
