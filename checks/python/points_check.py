"""Points that gradcheck chooses, from Python."""
import gradcheck
import numpy as np
import pytest


class Affine:
    def __init__(self, inputs, outputs, factor=None):
        self.W, self.b = np.zeros((inputs, outputs)), np.zeros(outputs)
        self.factor = factor or (lambda dy: 1)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW, self.db = self.x.T @ dy, dy.sum(axis=0) * self.factor(dy)
        return dy @ self.W.T


PARAMETERS = {"W": "dW", "b": "db"}
SHAPES = {"x": ("N", "in")}


def test_a_right_layer_agrees_everywhere():
    report = gradcheck.check_points(lambda point: Affine(point["in"], point["out"]), SHAPES, sizes={"out": [2, 4]},
                                    parameters=PARAMETERS)
    assert report, report
    assert len(report.cases) == 8


def test_a_mean_over_the_batch_is_found_and_made_small():
    make = lambda point: Affine(point["in"], point["out"], lambda dy: 1 / len(dy))
    report = gradcheck.check_points(make, SHAPES, sizes={"out": [2, 4]}, parameters=PARAMETERS)
    assert report.verdict == "disagree"
    note = next(note for note in report.notes if "smallest point" in note)
    code = note.split("\n", 1)[1]
    assert "'N': 2" in code and "'in': 1" in code
    scope = {"gradcheck": gradcheck, "np": np}
    exec(code.rsplit("\n", 1)[0], scope)
    again = gradcheck.check_at(make, scope["point"], parameters=PARAMETERS)
    assert again.verdict == "disagree"


def test_labels_settings_and_domains():
    seen = set()

    class Log:
        def __init__(self, slope):
            self.slope = slope

        def forward(self, x, t):
            assert (x > 0).all() and t.dtype == np.int64 and (t < x.shape[1]).all()
            seen.add(self.slope)
            self.x = x
            return self.slope * np.log(x) + t[:, None]

        def backward(self, dy):
            return self.slope * dy / self.x, None

    shapes = {"x": gradcheck.InputShape("N", 3, low=0.5, high=20), "t": gradcheck.InputShape("N", labels_below=3)}
    report = gradcheck.check_points(lambda point: Log(point.setting("slope")), shapes, settings={"slope": [1, 0.3]})
    assert report, report
    assert seen == {1.0, 0.3}


def test_mistakes_are_told():
    with pytest.raises(gradcheck.Error, match=r"point: has no size <out>, expected one of N, in"):
        gradcheck.check_points(lambda point: Affine(point["in"], point["out"]), SHAPES)
    with pytest.raises(gradcheck.Error, match="make raised LookupError: nothing") as caught:
        gradcheck.check_points(lambda point: {}["nothing"] if False else (_ for _ in ()).throw(LookupError("nothing")),
                               SHAPES)
    assert isinstance(caught.value.__cause__, LookupError)
    with pytest.raises(gradcheck.Error, match="input x: has the shape <5>, expected a tuple"):
        gradcheck.check_points(lambda point: None, {"x": 5})
    with pytest.raises(TypeError, match="unexpected keyword argument 'tolerance'"):
        gradcheck.check_points(lambda point: None, SHAPES, tolerance=1)


def test_ctrl_c_ends_it():
    def make(point):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gradcheck.check_points(make, SHAPES)
