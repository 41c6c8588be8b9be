"""Right for dense arrays alone: found by other memory layouts of the same numbers."""
import gradcheck
import numpy as np
import pytest

X = np.sin(np.arange(12.0)).reshape(4, 3)


class Scale:
    def __init__(self, backward):
        self._backward = backward

    def forward(self, x):
        self.x = x.copy()
        return 3 * x

    def backward(self, dy):
        return 3 * self._backward(dy)


def in_memory(dy):
    """The numbers as they lie behind the first, whatever the strides: what a kernel does with a bare pointer."""
    return np.lib.stride_tricks.as_strided(dy, dy.shape, (dy.itemsize * dy.shape[1], dy.itemsize)).copy()


def findings(layer, x=X, **keywords):
    return gradcheck.check_layer(layer, [x], **keywords)


def unwrapped(report):
    return " ".join(report.text.split())


def test_a_right_layer_has_no_findings():
    report = findings(Scale(lambda dy: dy.copy()))
    assert report and not any("than the same numbers" in note for note in report.notes)


def test_a_backward_that_takes_its_upstream_for_dense_is_found():
    report = findings(Scale(in_memory))
    assert report.verdict == "disagree"
    assert "an upstream that is transposed in memory gives another result than the same numbers in order" in unwrapped(report)


def test_one_that_is_wrong_for_expanded_upstreams_alone_is_found():
    report = findings(Scale(lambda dy: dy * 4 if 0 in dy.strides else dy.copy()))
    assert report.verdict == "disagree" and "expanded with stride 0" in unwrapped(report)


def test_one_that_is_wrong_for_negative_strides_alone_is_found():
    report = findings(Scale(lambda dy: abs(dy) if min(dy.strides) < 0 else dy.copy()))
    assert report.verdict == "disagree" and "of negative strides" in unwrapped(report)


def test_a_forward_that_takes_its_input_for_dense_is_found():
    class Raw(Scale):
        def forward(self, x):
            return 3 * in_memory(x)

    report = findings(Raw(lambda dy: dy.copy()))
    assert report.verdict == "disagree" and "an input that is" in unwrapped(report)


def test_a_backward_that_refuses_a_layout_is_a_note():
    def wants_dense(dy):
        if not dy.flags.c_contiguous:
            raise ValueError("view size is not compatible")
        return dy.copy()

    report = findings(Scale(wants_dense))
    assert report, report
    assert any("is refused (ValueError: view size" in note for note in report.notes)


def test_results_in_the_memory_of_others_are_a_note():
    report = findings(Scale(lambda dy: dy))
    assert report, report
    report = gradcheck.check_layer(lambda x: x, lambda dy: dy, [X])
    assert report
    assert any("forward's result 0 lies in the memory of its input x" in note for note in report.notes)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (0, 3), (2, 1, 3)])
def test_any_shape_is_taken(shape):
    x = np.full(shape, 0.7)
    run = lambda: findings(Scale(lambda dy: dy * 1), x)
    if x.size:
        assert run()
    else:
        with pytest.raises(gradcheck.Error, match="0 entries"):
            run()


def test_given_arrays_may_have_any_layout():
    for x in (X.T, X[::2], X[:, ::-1], np.broadcast_to(X[0], (4, 3)), np.asfortranarray(X)):
        assert findings(Scale(lambda dy: dy * 1), x)


def test_a_gradient_that_an_empty_batch_leaves_is_found():
    class Affine:
        w, dw = np.array([2.0, -1, 0.5]), np.zeros(3)

        def forward(self, x):
            self.x = x
            return x * self.w

        def backward(self, dy):
            self.dw = (self.x * dy).sum(axis=0) if len(dy) else np.ones(3)
            return dy * self.w

    report = gradcheck.check_layer(Affine(), [X], parameters={"w": "dw"})
    assert report.verdict == "disagree" and "for a batch of no rows the gradient of w is not 0" in unwrapped(report)


def test_gradients_only_looks_at_none_of_this():
    assert findings(Scale(in_memory), gradients_only=True)
