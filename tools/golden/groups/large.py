"""Networks of tensors that are too large for a text file: their numbers lie beside it."""

import torch
import torch.nn.functional as F

from spec import Spec, integers, signed

SPECS = [
    Spec("affine_rows", "affine(x, W, b)", {"x": signed(17, 9), "W": signed(9, 13), "b": signed(13)},
         lambda x, W, b: x @ W + b),
    Spec("two_layers", "cross_entropy(gelu(x @ V) @ W, t)",
         {"x": signed(15, 11), "V": signed(11, 12, low=0.05, high=0.4),
          "W": signed(12, 7, low=0.05, high=0.5), "t": integers(15, high=7)},
         lambda x, V, W, t: F.cross_entropy(F.gelu(x @ V) @ W, t.long()), constants=("t",)),
    Spec("tied_embedding", "cross_entropy(h @ E.T, n)",
         {"n": integers(21, high=19), "E": signed(19, 8, low=0.05, high=0.6)},
         lambda n, E: F.cross_entropy(F.embedding(n.long(), E) @ E.T, n.long()), constants=("n",),
         before="h = embedding(n, E)"),
    Spec("residual_blocks", "h + tanh(h @ W)", {"x": signed(9, 10), "W": signed(10, 10, low=0.05, high=0.4)},
         lambda x, W: (x + torch.tanh(x @ W)) + torch.tanh((x + torch.tanh(x @ W)) @ W),
         before="h = x + tanh(x @ W)"),
    Spec("solve_many", "solve(a + 6 * eye(6), b)", {"a": signed(4, 6, 6, low=0.05, high=0.8), "b": signed(4, 6, 5)},
         lambda a, b: torch.linalg.solve(a + 6 * torch.eye(6, dtype=torch.float64), b)),
]
