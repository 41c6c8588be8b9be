"""Recurrent cells and sequences, attention, rotary embedding, gated units."""

import math

import torch
import torch.nn.functional as F

from spec import Spec, array, signed

GATES = {"rnn": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}


def weights(gates, reads, units, suffix="", biases=True):
    made = {f"Wi{suffix}": signed(gates * units, reads, high=0.9),
            f"Wh{suffix}": signed(gates * units, units, high=0.9)}
    if biases:
        made |= {f"bi{suffix}": signed(gates * units), f"bh{suffix}": signed(gates * units)}
    return made


def cell(name, kind, function, settings="", biases=True):
    states = {"h": signed(3, 2), **({"c": signed(3, 2)} if kind == "lstm" else {})}
    values = {"x": signed(3, 4), **states, **weights(GATES[kind], 4, 2, biases=biases)}

    def run(x, h, Wi, Wh, bi=None, bh=None, c=None):
        return function(x, h if c is None else (h, c), Wi, Wh, bi, bh)

    call = f"{kind}_cell({', '.join(values)}{settings})"
    return Spec(name, call, values, run, outputs=("y", "d") if kind == "lstm" else ("y",))


def sequence(name, kind, times, layers=1, directions=1, biases=True, settings="", rows=2, units=2,
             function=None, batch_first=False):
    """A whole sequence by the function behind PyTorch's module; without rows, as one row."""
    shape = (layers * directions, rows, units) if rows else (layers * directions, units)
    values = {"x": signed(*times), "h": signed(*shape)}
    if kind == "lstm":
        values["c"] = signed(*shape)
    for run in range(layers * directions):
        reads = times[-1] if run < directions else directions * units
        values |= weights(GATES[kind], reads, units, run, biases)

    def run(**t):
        states = [t[name] if rows else t[name].unsqueeze(1) for name in ("h", "c") if name in t]
        x = t["x"] if rows else t["x"].unsqueeze(1)
        parameters = [t[name] for name in values if name not in ("x", "h", "c")]
        results = (function or getattr(torch, kind))(
            x, states if kind == "lstm" else states[0], parameters, biases, layers, 0.0, False,
            directions == 2, batch_first)
        return tuple(results) if rows else tuple(result.squeeze(1) for result in results)

    call = f"{kind}({', '.join(values)}{settings})"
    outputs = ("y", "hn", "cn") if kind == "lstm" else ("y", "hn")
    return Spec(name, call, values, run, outputs=outputs)


def attention(q, k, v, mask=None, scale=None):
    scores = q @ k.transpose(-1, -2) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    return torch.softmax(scores if mask is None else scores + mask, -1) @ v


def hidden(mask):
    """What a mask of 0 and 1 adds to the scores."""
    return torch.zeros_like(mask).masked_fill(mask == 0, -math.inf)


def silenced(q, k, v, m):
    """A query that may attend to nothing gives 0."""
    dead = m.sum(-1, keepdim=True) == 0
    y = attention(q, k, v, hidden(torch.where(dead, torch.ones_like(m), m)))
    return torch.where(dead, torch.zeros_like(y), y)


def heads(query, key, value, W, V, b=None, a=None, count=2, mask=None, padding=None):
    features = query.shape[-1]
    b = torch.zeros(3 * features, dtype=query.dtype) if b is None else b
    a = torch.zeros(features, dtype=query.dtype) if a is None else a
    return F.multi_head_attention_forward(
        query, key, value, features, count, W, b, None, None, False, 0.0, V, a,
        attn_mask=mask, key_padding_mask=padding, need_weights=False)[0]


def rope(x, base=10000.0, offset=0):
    features, times = x.shape[-1], x.shape[-2]
    rates = base ** (-torch.arange(0, features, 2, dtype=x.dtype) / features)
    angle = torch.outer(torch.arange(times, dtype=x.dtype) + offset, rates)
    cosine, sine = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    turned = torch.cat([-x[..., features // 2:], x[..., :features // 2]], -1)
    return x * cosine + turned * sine


def gated(f):
    def run(x):
        gate, other = x.chunk(2, -1)
        return f(gate) * other

    return run


QKV = {"q": signed(2, 3, 4), "k": signed(2, 5, 4), "v": signed(2, 5, 2)}
MHA = {"W": signed(12, 4, high=0.9), "V": signed(4, 4, high=0.9)}
FORMULA = "its formula in PyTorch"

SPECS = [
    cell("rnn_cell", "rnn", torch.rnn_tanh_cell),
    cell("rnn_cell_relu", "rnn", torch.rnn_relu_cell, ', nonlinearity="relu"'),
    cell("rnn_relu_cell", "rnn_relu", torch.rnn_relu_cell, biases=False),
    cell("lstm_cell", "lstm", torch.lstm_cell),
    cell("lstm_cell_without_biases", "lstm", torch.lstm_cell, biases=False),
    cell("gru_cell", "gru", torch.gru_cell),
    sequence("rnn", "rnn", (4, 2, 3), function=torch.rnn_tanh),
    sequence("rnn_one_row", "rnn", (3, 1, 2), rows=1, function=torch.rnn_tanh),
    sequence("rnn_relu_two_layers", "rnn", (3, 2, 2), layers=2,
             settings=', num_layers=2, nonlinearity="relu"', function=torch.rnn_relu),
    sequence("rnn_both_directions", "rnn", (3, 2, 2), directions=2, settings=", bidirectional=true",
             function=torch.rnn_tanh),
    sequence("rnn_relu_both_directions", "rnn_relu", (3, 2, 2), directions=2,
             settings=", bidirectional=true"),
    sequence("lstm", "lstm", (4, 2, 3)),
    sequence("lstm_without_biases", "lstm", (3, 2, 2), biases=False),
    sequence("lstm_without_batch", "lstm", (4, 2), rows=0),
    sequence("lstm_two_layers_both_directions", "lstm", (3, 2, 2), layers=2, directions=2,
             settings=", num_layers=2, bidirectional=true"),
    sequence("lstm_batch_first", "lstm", (2, 3, 2), settings=", batch_first=true", batch_first=True),
    sequence("gru", "gru", (4, 2, 3)),
    sequence("gru_two_layers", "gru", (3, 2, 2), layers=2, settings=", num_layers=2"),
    sequence("gru_both_directions", "gru", (3, 1, 2), directions=2, rows=1,
             settings=", bidirectional=true"),
    Spec("attention", "scaled_dot_product_attention(q, k, v)", QKV, attention, source=FORMULA),
    Spec("attention_scale", "scaled_dot_product_attention(q, k, v, scale=0.3)", QKV,
         lambda q, k, v: attention(q, k, v, scale=0.3), source=FORMULA),
    Spec("attention_causal", "scaled_dot_product_attention(q, k, v, is_causal=true)", QKV,
         lambda q, k, v: attention(q, k, v, hidden(torch.tril(torch.ones(3, 5, dtype=q.dtype)))),
         source=FORMULA),
    Spec("attention_masked_row", "scaled_dot_product_attention(q, k, v, m)",
         {**QKV, "m": array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 1, 1, 0, 1]])}, silenced,
         constants=("m",), source=FORMULA),
    Spec("attention_additive_mask",
         'scaled_dot_product_attention(q, k, v, m, mask_kind="additive")',
         {**QKV, "m": signed(3, 5)}, lambda q, k, v, m: attention(q, k, v, m), source=FORMULA),
    Spec("attention_one_key", "scaled_dot_product_attention(q, k, v)",
         {"q": signed(2, 3), "k": signed(1, 3), "v": signed(1, 2)}, attention, source=FORMULA),
    Spec("multi_head_attention_self", "multi_head_attention(x, x, x, W, b, V, a, num_heads=2)",
         {"x": signed(3, 2, 4), **MHA, "b": signed(12), "a": signed(4)},
         lambda x, W, V, b, a: heads(x, x, x, W, V, b, a)),
    Spec("multi_head_attention_cross",
         "multi_head_attention(q, k, v, in_proj_weight=W, out_proj_weight=V, num_heads=4)",
         {"q": signed(2, 2, 4), "k": signed(3, 2, 4), "v": signed(3, 2, 4), **MHA},
         lambda q, k, v, W, V: heads(q, k, v, W, V, count=4)),
    Spec("multi_head_attention_masks",
         "multi_head_attention(x, x, x, W, b, V, a, m, p, num_heads=2)",
         {"x": signed(3, 2, 4), **MHA, "b": signed(12), "a": signed(4),
          "m": array([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), "p": array([[0, 0, 0], [0, 0, 1]])},
         lambda x, W, V, b, a, m, p: heads(x, x, x, W, V, b, a, mask=m.bool(), padding=p.bool()),
         constants=("m", "p")),
    Spec("rope", "rope(x)", {"x": signed(2, 3, 4)}, rope, source=FORMULA),
    Spec("rope_offset", "rope(x, base=50, offset=7)", {"x": signed(5, 6)},
         lambda x: rope(x, 50.0, 7), source=FORMULA),
    Spec("glu", "glu(x)", {"x": signed(3, 6)}, lambda x: F.glu(x)),
    Spec("glu_first_axis", "glu(x, 0)", {"x": signed(4, 3)}, lambda x: F.glu(x, 0)),
    Spec("swiglu", "swiglu(x)", {"x": signed(3, 6)}, gated(F.silu)),
    Spec("geglu", "geglu(x)", {"x": signed(3, 6)}, gated(F.gelu)),
]
