"""Activations and functions of each entry."""

import torch
import torch.nn.functional as F

from spec import Spec, array, signed, uniform

X = {"x": signed(3, 5, low=0.3, high=3.5)}


def of(name, call, function, values=None):
    return Spec(name, call, values or X, function)


def with_zeros(name, call, function, corners):
    """The same with entries on the corners, where PyTorch's choice is one of several."""
    return Spec(name, call, {"x": array(corners)}, function)


def celu(x, alpha):
    """F.celu and F.hardsigmoid round a constant to float32, whatever x is: so these by formula."""
    return torch.clamp(x, min=0) + torch.clamp(alpha * torch.expm1(x / alpha), max=0)


SPECS = [
    of("relu", "relu(x)", lambda x: F.relu(x)),
    with_zeros("relu_at_zero", "relu(x)", lambda x: F.relu(x), [0, -0.5, 1.5, 0]),
    of("leaky_relu", "leaky_relu(x, 0.2)", lambda x: F.leaky_relu(x, 0.2)),
    of("elu", "elu(x, 1.3)", lambda x: F.elu(x, 1.3)),
    of("selu", "selu(x)", lambda x: F.selu(x)),
    of("celu", "celu(x, alpha=1.7)", lambda x: celu(x, 1.7)),
    of("softplus", "softplus(x, 2.5)", lambda x: F.softplus(x, 2.5, threshold=1000)),
    of("sigmoid", "sigmoid(x)", lambda x: torch.sigmoid(x)),
    of("tanh", "tanh(x)", lambda x: torch.tanh(x)),
    of("gelu", "gelu(x)", lambda x: F.gelu(x)),
    of("gelu_tanh", 'gelu(x, approximate="tanh")', lambda x: F.gelu(x, approximate="tanh")),
    of("silu", "silu(x)", lambda x: F.silu(x)),
    of("mish", "mish(x)", lambda x: F.mish(x)),
    of("relu6", "relu6(x)", lambda x: F.relu6(x), {"x": signed(4, 5, high=9)}),
    with_zeros("relu6_corners", "relu6(x)", lambda x: F.relu6(x), [0, 6, 7, -1, 3]),
    of("hard_sigmoid", "hard_sigmoid(x)", lambda x: torch.clamp(x + 3, 0, 6) / 6, {"x": signed(4, 5, high=5)}),
    of("hard_tanh", "hard_tanh(x, -1.5, 0.5)", lambda x: F.hardtanh(x, -1.5, 0.5)),
    with_zeros("hard_tanh_corners", "hardtanh(x)", lambda x: F.hardtanh(x), [-1, 1, 0.5, -2]),
    of("hardswish", "hardswish(x)", lambda x: F.hardswish(x), {"x": signed(4, 5, high=5)}),
    of("softsign", "softsign(x)", lambda x: F.softsign(x)),
    of("log_sigmoid", "logsigmoid(x)", lambda x: F.logsigmoid(x)),
    of("tanhshrink", "tanhshrink(x)", lambda x: F.tanhshrink(x)),
    of("softshrink", "softshrink(x, 0.8)", lambda x: F.softshrink(x, 0.8)),
    of("hardshrink", "hardshrink(x, lambd=0.8)", lambda x: F.hardshrink(x, 0.8)),
    of("threshold", "threshold(x, 0.5, -2)", lambda x: F.threshold(x, 0.5, -2)),
    Spec("prelu_one_weight", "prelu(x, a)", {**X, "a": array([0.25])}, lambda x, a: F.prelu(x, a)),
    Spec(
        "prelu_channels",
        "prelu(x, a)",
        {"x": signed(2, 3, 4), "a": array([0.25, -0.5, 1.5])},
        lambda x, a: F.prelu(x, a),
    ),
    of("softmin", "softmin(x, dim=0)", lambda x: F.softmin(x, 0)),
    of("softmax", "softmax(x, 1)", lambda x: F.softmax(x, 1)),
    of("log_softmax", "log_softmax(x, 0)", lambda x: F.log_softmax(x, 0)),
    of("log1p", "log1p(x)", lambda x: torch.log1p(x), {"x": uniform(3, 5, low=-0.9, high=4)}),
    of("expm1", "expm1(x)", lambda x: torch.expm1(x)),
    of("log10", "log10(x)", lambda x: torch.log10(x), {"x": uniform(3, 5, low=0.01, high=40)}),
    of("erf", "erf(x)", lambda x: torch.erf(x)),
    of("tan", "tan(x)", lambda x: torch.tan(x), {"x": signed(3, 5, low=0.1, high=1.4)}),
    of("asin", "arcsin(x)", lambda x: torch.asin(x), {"x": signed(3, 5, low=0.1, high=0.95)}),
    of("acos", "acos(x)", lambda x: torch.acos(x), {"x": signed(3, 5, low=0.1, high=0.95)}),
    of("atan", "atan(x)", lambda x: torch.atan(x)),
    of("sinh", "sinh(x)", lambda x: torch.sinh(x)),
    of("cosh", "cosh(x)", lambda x: torch.cosh(x)),
    of("floor", "x * floor(x)", lambda x: x * torch.floor(x)),
    of("sign", "x * x * sign(x)", lambda x: x * x * torch.sign(x)),
    of("clip", "clip(x, -1, 1.2)", lambda x: torch.clamp(x, -1, 1.2)),
    of("abs", "abs(x)", lambda x: torch.abs(x)),
    of("power", "power(x, 3)", lambda x: x**3),
    of("reciprocal", "reciprocal(x)", lambda x: torch.reciprocal(x)),
]
