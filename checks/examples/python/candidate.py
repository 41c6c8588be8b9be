"""A fused RMS norm in float32 against the plain one in float64, with its gradients accumulated over parts of the batch.

Run: PYTHONPATH=tools/python python3 checks/examples/python/candidate.py
"""
import gradcheck
import numpy as np


class RmsNorm:
    """y = g x / sqrt(mean(x^2) + eps). Shapes: x (N, D), g (D)."""
    eps = 1e-6

    def __init__(self, g):
        self.g = g

    def forward(self, x):
        self.x = x
        self.r = 1 / np.sqrt((x**2).mean(axis=1, keepdims=True) + self.eps)
        return self.g * x * self.r

    def backward(self, dy):
        self.dg = (dy * self.x * self.r).sum(axis=0)
        d = dy * self.g
        return self.r * (d - self.x * self.r**2 * (d * self.x).mean(axis=1, keepdims=True))


class FusedRmsNorm(RmsNorm):
    """The same in one pass, in the type of x."""

    def forward(self, x):
        self.x = x
        self.r = (np.einsum("nd,nd->n", x, x)[:, None] / x.dtype.type(x.shape[1]) + x.dtype.type(self.eps)) ** -0.5
        return x * (self.r * self.g)


g, x = np.linspace(0.5, 1.5, 8), np.random.default_rng(0).normal(size=(5, 8))
report = gradcheck.check_candidate(FusedRmsNorm(g.astype(np.float32)), RmsNorm(g), [x], precision="float32",
                                   parameters={"g": "dg"}, batch_law="sum")
print(report)
assert report
