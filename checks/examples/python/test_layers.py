"""With pytest, whose plugin brings the fixture and collects case files.

Run: pytest -p gradcheck.pytest_plugin checks/examples/python (without -p where the package is installed)
"""
import numpy as np
import pytest


class Relu:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, dy):
        return dy * (self.x > 0)


def test_relu(gradcheck):
    gradcheck.assert_gradients(Relu(), [np.linspace(-2, 2, 12).reshape(4, 3)])


def test_a_wrong_backward_fails_with_its_report(gradcheck):
    with pytest.raises(gradcheck.GradientError, match="disagree"):
        gradcheck.assert_gradients(lambda x: x**2, lambda dy: dy, [np.linspace(0.5, 2, 4)])
