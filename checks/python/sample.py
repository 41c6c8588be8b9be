import gradcheck
import numpy as np


class Affine:
    W = np.array([[1.0, -2], [3, 4], [-1, 2]])
    b = np.array([0.5, -1])

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dy):
        self.dW = self.x.T @ dy
        self.db = dy.mean(axis=0)  # wrong: the sum
        return dy @ self.W.T


x = np.sin(np.arange(15)).reshape(5, 3)
layer = Affine()
print(gradcheck.check_layer(layer.forward, layer.backward, [x], parameters={"W": "dW", "b": "db"}))
