"""Indices, rearrangements, orders, products by labels."""

import torch
import torch.nn.functional as F

from spec import Spec, array, integers, signed

M = {"x": signed(3, 4)}


def indexed(name, call, index, function, x=None):
    return Spec(name, call, {"x": x or signed(3, 4), "n": array(index)},
                lambda x, n: function(x, n.long()), constants=("n",))


def ordered(result):
    return result.values, result.indices.double()


SPECS = [
    Spec("embedding_repeated", "embedding(n, E)",
         {"n": array([[2, 0, 2], [2, 4, 0]]), "E": signed(5, 3)},
         lambda n, E: F.embedding(n.long(), E), constants=("n",)),
    Spec("embedding_padding", "embedding(n, E, padding_idx=0)",
         {"n": array([0, 2, 1, 2, 0]), "E": array([[0, 0], [1.5, -0.5], [0.25, 2]])},
         lambda n, E: F.embedding(n.long(), E, padding_idx=0), constants=("n",)),
    Spec("embedding_tied", "embedding(n, E) @ E.T", {"n": array([1, 3, 1]), "E": signed(4, 3)},
         lambda n, E: F.embedding(n.long(), E) @ E.T, constants=("n",)),
    indexed("gather_rows", "gather(x, 0, n)", [[0, 2, 1, 2], [2, 2, 0, 0]],
            lambda x, n: torch.gather(x, 0, n)),
    indexed("gather_columns", "gather(x, 1, n)", [[0, 3], [1, 1], [2, 0]],
            lambda x, n: torch.gather(x, 1, n)),
    indexed("gather_of_three_axes", "gather(x, dim=1, index=n)",
            [[[0, 2, 1], [2, 2, 0]], [[1, 1, 1], [0, 2, 0]]],
            lambda x, n: torch.gather(x, 1, n), signed(2, 3, 4)),
    indexed("take_flat", "take(x, n)", [[11, 0], [5, 5]], lambda x, n: torch.take(x, n)),
    indexed("take_negative", "take(x, n, 0)", [-1, 0, -1, -3], lambda x, n: x[n]),
    indexed("take_columns", "take(x, n, axis=1)", [[3, -4], [1, 3]], lambda x, n: x[:, n]),
    indexed("index_select", "index_select(x, 1, n)", [3, 0, 3, 1],
            lambda x, n: torch.index_select(x, 1, n)),
    Spec("scatter_add_rows", "scatter_add(x, 0, n, w)",
         {"x": signed(3, 4), "n": array([[0, 2, 2], [0, 1, 2]]), "w": signed(2, 3)},
         lambda x, n, w: x.scatter_add(0, n.long(), w), constants=("n",)),
    Spec("scatter_add_columns", "scatter_add(x, 1, n, w)",
         {"x": signed(2, 5), "n": array([[4, 4, 0], [1, 1, 1]]), "w": signed(2, 3)},
         lambda x, n, w: x.scatter_add(1, n.long(), w), constants=("n",)),
    Spec("sort_ascending", "sort(x, 1)", M, lambda x: ordered(torch.sort(x, dim=1, stable=True)),
         outputs=("y", "i"), ungraded=("i",)),
    Spec("sort_with_ties", "sort(x, 0, descending=true)",
         {"x": array([[1, 2], [3, 2], [3, -1], [0.5, 2]])},
         lambda x: ordered(torch.sort(x, dim=0, descending=True, stable=True)),
         outputs=("y", "i"), ungraded=("i",)),
    Spec("topk_largest", "topk(x, 2, 1)", {"x": signed(3, 5)},
         lambda x: ordered(torch.topk(x, 2, 1)), outputs=("y", "i"), ungraded=("i",)),
    Spec("topk_smallest", "topk(x, 2, dim=0, largest=false)", M,
         lambda x: ordered(torch.topk(x, 2, 0, largest=False)), outputs=("y", "i"),
         ungraded=("i",)),
    Spec("topk_alone", "topk(x, 3) * 2", {"x": signed(2, 5)}, lambda x: torch.topk(x, 3).values * 2),
    Spec("flip_one_axis", "flip(x, 1)", M, lambda x: x.flip(1)),
    Spec("flip_all", "flip(x)", {"x": signed(2, 3, 2)}, lambda x: x.flip((0, 1, 2))),
    Spec("roll_flat", "roll(x, 5)", M, lambda x: torch.roll(x, 5)),
    Spec("roll_two_axes", "roll(x, [1, -2], [0, 1])", M, lambda x: torch.roll(x, (1, -2), (0, 1))),
    Spec("tile", "tile(x, [2, 1, 3])", {"x": signed(2, 2)}, lambda x: x.tile(2, 1, 3)),
    Spec("repeat_axis", "repeat(x, 3, axis=1)", {"x": signed(2, 3)},
         lambda x: x.repeat_interleave(3, 1)),
    Spec("repeat_flat", "repeat_interleave(x, 2)", {"x": signed(2, 3)},
         lambda x: x.repeat_interleave(2)),
    Spec("einsum_product", 'einsum("ij,jk->ik", a, b)', {"a": signed(3, 4), "b": signed(4, 2)},
         lambda a, b: torch.einsum("ij,jk->ik", a, b)),
    Spec("einsum_batched", 'einsum("bij,bkj->bik", a, b)', {"a": signed(2, 3, 2), "b": signed(2, 4, 2)},
         lambda a, b: torch.einsum("bij,bkj->bik", a, b)),
    Spec("einsum_bilinear", 'einsum("ni,kij->nkj", a, b)', {"a": signed(2, 3), "b": signed(2, 3, 2)},
         lambda a, b: torch.einsum("ni,kij->nkj", a, b)),
    Spec("einsum_trace", 'einsum("ii", a)', {"a": signed(4, 4)}, lambda a: torch.einsum("ii", a)),
    Spec("einsum_ellipsis", 'einsum("...ij,...jk->...ik", a, b)',
         {"a": signed(3, 1, 2, 3), "b": signed(2, 3, 2)},
         lambda a, b: torch.einsum("...ij,...jk->...ik", a, b)),
    Spec("einsum_one_axis_gone", 'einsum("ij,k->ki", a, b)', {"a": signed(3, 4), "b": signed(2)},
         lambda a, b: torch.einsum("ij,k->ki", a, b)),
    Spec("dropout_mask", "dropout(x, 0.3, mask=m)", {"x": signed(3, 4), "m": integers(3, 4, high=2)},
         lambda x, m: x * m / 0.7, constants=("m",), source="the formula in PyTorch"),
    Spec("dropout_evaluation", "dropout(x, 0.3, training=false)", M, lambda x: F.dropout(x, 0.3, False)),
    Spec("one_hot", "x * one_hot(n, 4)", {"x": signed(3, 4), "n": array([2, 0, 2])},
         lambda x, n: x * F.one_hot(n.long(), 4), constants=("n",)),
    Spec("where_mask", "where(m, x, w)",
         {"x": signed(2, 3), "w": signed(2, 3), "m": array([[1, 0, 1], [0, 0, 0]])},
         lambda x, w, m: torch.where(m != 0, x, w), constants=("m",)),
    Spec("maximum_with_ties", "maximum(x, w)", {"x": array([1.5, -2, 0.5]), "w": array([1, -2.5, 3])},
         lambda x, w: torch.maximum(x, w)),
    Spec("slices_that_overlap", "x[:, :3] * x[:, -3:]", M, lambda x: x[:, :3] * x[:, -3:]),
    Spec("an_empty_part", "concat(x[:0], w, x[1:])", {"x": signed(3, 2), "w": signed(1, 2)},
         lambda x, w: torch.cat([x[:0], w, x[1:]])),
    Spec("residual_fan_out", "relu(x @ w) + x", {"x": signed(3, 4), "w": signed(4, 4)},
         lambda x, w: torch.relu(x @ w) + x),
]
