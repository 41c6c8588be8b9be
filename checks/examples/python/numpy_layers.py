"""Course work in NumPy: an affine layer and a loss, checked at points that gradcheck chooses and in a notebook.

Run: PYTHONPATH=tools/python python3 checks/examples/python/numpy_layers.py
"""
import gradcheck
import numpy as np


class Affine:
    """y = x W + b. Shapes: x (N, in), W (in, out), b (out)."""

    def __init__(self, inputs, outputs):
        self.W, self.b = np.zeros((inputs, outputs)), np.zeros(outputs)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW, self.db = self.x.T @ dy, dy.sum(axis=0)
        return dy @ self.W.T


class SoftmaxCrossEntropy:
    """The mean over rows of -log softmax(z)[t]. Shapes: z (N, classes), t (N) of class indices."""

    def forward(self, z, t):
        shifted = z - z.max(axis=1, keepdims=True)
        self.p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        self.t = t
        return -np.log(self.p[np.arange(len(t)), t]).mean()

    def backward(self, dy):
        dz = self.p.copy()
        dz[np.arange(len(self.t)), self.t] -= 1
        return dy * dz / len(self.t), None


affine = gradcheck.check_points(lambda point: Affine(point["in"], point["out"]), {"x": ("N", "in")},
                                sizes={"out": [2, 4]}, parameters={"W": "dW", "b": "db"})
print(repr(affine))
assert affine, affine

rng = np.random.default_rng(0)
loss = gradcheck.assert_gradients(SoftmaxCrossEntropy(), {"z": rng.normal(size=(5, 3)), "t": np.array([0, 2, 1, 1, 0])})
print(repr(loss))
