"""Batch, layer, group, instance, root mean square and local response normalisation."""

import torch
import torch.nn.functional as F

from spec import Spec, array, signed, uniform


def scaled(x, *shape):
    return {"x": signed(*x), "w": signed(*shape), "b": signed(*shape)}


def batch_norm(x, m=None, v=None, w=None, b=None, **keywords):
    """With the running statistics that PyTorch writes in place, as values."""
    mean = None if m is None else m.clone()
    var = None if v is None else v.clone()
    return F.batch_norm(x, mean, var, w, b, **keywords), mean, var


def instance_norm(x, m, v, **keywords):
    """The same."""
    mean, var = m.clone(), v.clone()
    return F.instance_norm(x, mean, var, **keywords), mean, var


def statistics(channels):
    return {"m": signed(channels), "v": uniform(channels, low=0.5, high=2.0)}


def rms_norm(x, w, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * w


SPECS = [
    Spec("batch_norm_training", "batch_norm(x, weight=w, bias=b, training=true)",
         scaled((5, 3), 3), lambda x, w, b: batch_norm(x, w=w, b=b, training=True)[0]),
    Spec("batch_norm_of_images", "batch_norm(x, weight=w, bias=b, training=true, eps=0.1)",
         scaled((2, 3, 2, 4), 3),
         lambda x, w, b: batch_norm(x, w=w, b=b, training=True, eps=0.1)[0]),
    Spec("batch_norm_two_rows", "batch_norm(x, training=true)", {"x": signed(2, 3)},
         lambda x: batch_norm(x, training=True)[0]),
    Spec("batch_norm_constant_channel", "batch_norm(x, training=true)",
         {"x": array([[2, 1], [2, -0.5], [2, 3]])}, lambda x: batch_norm(x, training=True)[0]),
    Spec("batch_norm_running_statistics", "batch_norm(x, m, v, training=true, momentum=0.3)",
         {"x": signed(3, 2, 2), **statistics(2)},
         lambda x, m, v: batch_norm(x, m, v, training=True, momentum=0.3),
         outputs=("y", "mean", "var"), constants=("m", "v"), ungraded=("mean", "var")),
    Spec("batch_norm_evaluation", "batch_norm(x, m, v, w, b)",
         {**scaled((4, 3), 3), **statistics(3)},
         lambda x, w, b, m, v: batch_norm(x, m, v, w, b)[0], constants=("m", "v")),
    Spec("layer_norm", "layer_norm(x, w, b)", scaled((3, 2, 5), 5),
         lambda x, w, b: F.layer_norm(x, (5,), w, b)),
    Spec("layer_norm_two_axes", "layer_norm(x, w, b, 0.01)", scaled((3, 2, 4), 2, 4),
         lambda x, w, b: F.layer_norm(x, (2, 4), w, b, 0.01)),
    Spec("layer_norm_without_bias", "layer_norm(x, w)", {"x": signed(4, 3), "w": signed(3)},
         lambda x, w: F.layer_norm(x, (3,), w)),
    Spec("layer_norm_plain", "layer_norm(x, normalized_shape=[2, 3])", {"x": signed(3, 2, 3)},
         lambda x: F.layer_norm(x, (2, 3))),
    Spec("layer_norm_equal_entries", "layer_norm(x, w, b)",
         {"x": array([[1.5, 1.5, 1.5], [1, 2, 4]]), "w": signed(3), "b": signed(3)},
         lambda x, w, b: F.layer_norm(x, (3,), w, b)),
    Spec("group_norm", "group_norm(x, 2, w, b)", scaled((2, 4, 3), 4),
         lambda x, w, b: F.group_norm(x, 2, w, b)),
    Spec("group_norm_of_images", "group_norm(x, num_groups=3, weight=w, bias=b, eps=0.05)",
         scaled((1, 6, 2, 3), 6), lambda x, w, b: F.group_norm(x, 3, w, b, 0.05)),
    Spec("group_norm_plain", "group_norm(x, 1)", {"x": signed(3, 4)}, lambda x: F.group_norm(x, 1)),
    Spec("instance_norm", "instance_norm(x, weight=w, bias=b)", scaled((2, 3, 4), 3),
         lambda x, w, b: F.instance_norm(x, None, None, w, b)),
    Spec("instance_norm_of_images", "instance_norm(x)", {"x": signed(2, 2, 3, 2)},
         lambda x: F.instance_norm(x)),
    Spec("instance_norm_running_statistics", "instance_norm(x, m, v, momentum=0.3)",
         {"x": signed(3, 2, 4), **statistics(2)},
         lambda x, m, v: instance_norm(x, m, v, momentum=0.3),
         outputs=("y", "mean", "var"), constants=("m", "v"), ungraded=("mean", "var")),
    Spec("instance_norm_evaluation", "instance_norm(x, m, v, w, b, use_input_stats=false)",
         {**scaled((2, 3, 2, 2), 3), **statistics(3)},
         lambda x, w, b, m, v: F.instance_norm(x, m, v, w, b, use_input_stats=False),
         constants=("m", "v")),
    Spec("rms_norm", "rms_norm(x, w, eps=1e-5)", {"x": signed(3, 2, 4), "w": signed(4)},
         lambda x, w: rms_norm(x, w, 1e-5), source="its formula in PyTorch"),
    Spec("local_response_norm_odd", "local_response_norm(x, 3, alpha=0.5)",
         {"x": signed(2, 5, 3)}, lambda x: F.local_response_norm(x, 3, alpha=0.5)),
    Spec("local_response_norm_even", "local_response_norm(x, 4, 0.3, 0.6, 2)",
         {"x": signed(1, 6, 2, 2)}, lambda x: F.local_response_norm(x, 4, 0.3, 0.6, 2.0)),
    Spec("norm_residual", "x + layer_norm(x, w, b)", scaled((3, 4), 4),
         lambda x, w, b: x + F.layer_norm(x, (4,), w, b)),
]
