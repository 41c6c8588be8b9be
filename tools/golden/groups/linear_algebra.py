"""Functions of matrices."""

import torch

from spec import Spec, array, signed


def near_diagonal(*shape):
    """Far from singular: the size of the matrix on its diagonal."""
    random = signed(*shape, low=0.1, high=0.9)
    return lambda generator: random(generator) + shape[-1] * array(torch.eye(shape[-1]).numpy())


A = {"a": near_diagonal(3, 3)}
BATCH = {"a": near_diagonal(2, 4, 4)}

SPECS = [
    Spec("inverse", "inverse(a)", A, lambda a: torch.linalg.inv(a)),
    Spec("inverse_batch", "inv(a)", BATCH, lambda a: torch.linalg.inv(a)),
    Spec("solve_vector", "solve(a, b)", {**A, "b": signed(3)}, lambda a, b: torch.linalg.solve(a, b)),
    Spec("solve_columns", "solve(a, b)", {**BATCH, "b": signed(2, 4, 3)},
         lambda a, b: torch.linalg.solve(a, b)),
    Spec("solve_broadcast", "solve(a, b)", {**A, "b": signed(2, 3, 2)},
         lambda a, b: torch.linalg.solve(a.expand(2, 3, 3), b)),
    Spec("cholesky", "cholesky(a @ a.T)", A, lambda a: torch.linalg.cholesky(a @ a.T)),
    Spec("cholesky_batch", "cholesky(matmul(a, transpose(a, axes=[0, 2, 1])))", BATCH,
         lambda a: torch.linalg.cholesky(a @ a.transpose(1, 2))),
    Spec("determinant", "determinant(a)", A, lambda a: torch.linalg.det(a)),
    Spec("determinant_batch", "det(a)", BATCH, lambda a: torch.linalg.det(a)),
    Spec("determinant_negative", "det(a)", {"a": array([[0, 2], [3, 1]])}, lambda a: torch.linalg.det(a)),
    Spec("logdet", "logdet(a)", A, lambda a: torch.logdet(a)),
    Spec("logdet_batch", "logdet(a)", BATCH, lambda a: torch.logdet(a)),
    Spec("matmul_broadcast", "matmul(a, b)", {"a": signed(2, 3, 4), "b": signed(4, 2)},
         lambda a, b: a @ b),
    Spec("outer", "outer(a, b)", {"a": signed(3), "b": signed(4)}, lambda a, b: torch.outer(a, b)),
]
