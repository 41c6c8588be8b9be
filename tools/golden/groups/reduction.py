"""Reductions, and running sums and products."""

import torch

from spec import Spec, array, signed

M = {"x": signed(3, 4)}
T = {"x": signed(2, 3, 5)}


def norm(x, p, axis):
    return torch.linalg.vector_norm(x, p, dim=axis)


SPECS = [
    Spec("sum_axes", "sum(x, axis=[0, 2])", T, lambda x: x.sum((0, 2))),
    Spec("mean_keepdims", "mean(x, 1, keepdims=true)", T, lambda x: x.mean(1, keepdim=True)),
    Spec("max_axis", "max(x, 1)", M, lambda x: x.amax(1)),
    Spec("min_all", "min(x)", M, lambda x: x.amin()),
    Spec("prod_axis", "prod(x, 1)", M, lambda x: x.prod(1)),
    Spec("prod_with_a_zero", "prod(x)", {"x": array([2, 0, -3, 0.5])}, lambda x: x.prod()),
    Spec("prod_with_two_zeros", "prod(x, 1)", {"x": array([[2, 0, -3], [0, 0, 4]])},
         lambda x: x.prod(1)),
    Spec("var_biased", "var(x, axis=[1, 2])", T, lambda x: x.var((1, 2), unbiased=False)),
    Spec("var_unbiased", "var(x, 0, correction=1, keepdim=true)", M,
         lambda x: x.var(0, unbiased=True, keepdim=True)),
    Spec("var_of_one", "var(x, 1)", {"x": signed(4, 1)}, lambda x: x.var(1, unbiased=False)),
    Spec("std_biased", "std(x, 1)", M, lambda x: x.std(1, unbiased=False)),
    Spec("std_unbiased", "std(x, ddof=1)", M, lambda x: x.std()),
    Spec("logsumexp_axis", "logsumexp(x, 1)", M, lambda x: torch.logsumexp(x, 1)),
    Spec("logsumexp_far_apart", "logsumexp(x, 1)", {"x": array([[800, -3, 798.5], [-900, -901, -950]])},
         lambda x: torch.logsumexp(x, 1)),
    Spec("norm_all", "norm(x)", M, lambda x: x.norm()),
    Spec("norm_order_3", "norm(x, 3, dim=1)", M, lambda x: norm(x, 3, 1)),
    Spec("norm_order_1", "norm(x, 1, axis=0)", M, lambda x: norm(x, 1, 0)),
    Spec("norm_order_1_with_zeros", "norm(x, 1, axis=0)", {"x": array([[0, -1.5], [2, 0]])},
         lambda x: norm(x, 1, 0)),
    Spec("norm_infinite", 'norm(x, "inf", axis=1)', M, lambda x: norm(x, float("inf"), 1)),
    Spec("cumsum", "cumsum(x, 1)", T, lambda x: x.cumsum(1)),
    Spec("cumprod", "cumprod(x, dim=1)", M, lambda x: x.cumprod(1)),
    Spec("cumprod_with_zeros", "cumprod(x, 0)", {"x": array([[2, 0], [0, 3], [-1, 0.5], [4, 2]])},
         lambda x: x.cumprod(0)),
    Spec("trace", "trace(x)", {"x": signed(3, 3)}, lambda x: x.trace()),
    Spec("trace_of_a_batch", "trace(x)", T,
         lambda x: torch.diagonal(x, dim1=1, dim2=2).sum(-1)),
]
