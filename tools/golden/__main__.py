#!/usr/bin/env python3
"""Writes cases/golden: values and gradients of every layer as PyTorch computes them, in float64.

usage: tools/golden [GROUP ...]     all groups without a name; /usr/bin/python3 has PyTorch

The specifications stand in tools/golden/groups, a file a group: a list SPECS of Spec (spec.py), the
file's name being the group's. Random values depend on the names alone, so a case is the same
whenever it is written. Tensors of more than 64 entries go to an .npz beside the case.
"""

import importlib
import io
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
CASES = HERE.parent.parent / "cases" / "golden"
LARGEST_INLINE = 64


def number(value):
    return repr(float(value)) if value != int(value) or abs(value) >= 2**53 else str(int(value))


def claimed(value):
    """A number as a claim is judged by half a unit of its last digit: 15 decimals; integers are
    exact."""
    if value == int(value):
        return number(value)
    return f"{value:.15f}" if 1e-3 <= abs(value) < 1e6 else f"{value:.16e}"


def nested(values, text):
    if values.ndim == 0:
        return text(values[()])
    return "[" + ", ".join(nested(item, text) for item in values) + "]"


def save_npz(path, arrays):
    """As np.savez_compressed, but of one date: the same arrays make the same file."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue(), zipfile.ZIP_DEFLATED)


class Case:
    """One case file in the making, with the arrays that go beside it."""

    def __init__(self, group, spec):
        self.path = CASES / group / spec.name
        self.arrays = {}

    def written(self, key, values, text):
        if values.size <= LARGEST_INLINE:
            return nested(values, text)
        self.arrays[key] = values
        return f'{{ file = "{self.path.name}.npz", name = "{key}" }}'

    def save(self, lines):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.with_suffix(".toml").write_text("\n".join(lines) + "\n")
        if self.arrays:
            save_npz(self.path.with_suffix(".npz"), self.arrays)


def evaluate(spec, values):
    """The outputs and, for random upstreams, the gradients of all that is differentiated."""
    import torch

    tensors = {name: torch.tensor(value) for name, value in values.items()}
    free = [name for name in values if name not in spec.constants]
    for name in free:
        tensors[name].requires_grad_()
    results = spec.function(**tensors)
    results = results if isinstance(results, tuple) else (results,)
    generator = spec.generator("upstream")
    graded = [(name, y) for name, y in zip(spec.outputs, results) if name not in spec.ungraded]
    upstreams = {}
    loss = 0
    for name, y in graded:
        shape = tuple(y.shape)
        sign = generator.choice([-1.0, 1.0], shape)
        upstreams[name] = np.round(generator.uniform(0.5, 2, shape) * sign, 2)
        loss = loss + (torch.tensor(upstreams[name]) * y).sum()
    gradients = torch.autograd.grad(loss, [tensors[name] for name in free], allow_unused=True)
    outputs = {name: y.detach().numpy() for name, y in zip(spec.outputs, results)}
    known = {name: g.numpy() for name, g in zip(free, gradients) if g is not None}
    return outputs, upstreams, known


def write(group, spec):
    generator = spec.generator(group)
    values = {}
    for name, made in spec.values.items():
        values[name] = np.asarray(made(generator) if callable(made) else made, dtype=float)
    outputs, upstreams, gradients = evaluate(spec, values)
    case = Case(group, spec)
    letters = {name: f"u_{name}" for name in upstreams}
    loss = " + ".join(f"sum({letters[name]} * {name})" for name in upstreams)
    network = [spec.before.strip()] if spec.before else []
    network += [f"{', '.join(spec.outputs)} = {spec.call}", f"L = {loss}"]
    lines = [
        f'title = "{group}: {spec.name.replace("_", " ")}"',
        f'source = "{spec.source}, float64, by tools/golden"',
        "",
        "network = '''",
        *network,
        "'''",
        "",
        "[parameters]",
    ]
    lines += [f"{n} = {case.written(n, values[n], number)}" for n in values if n not in spec.constants]
    lines += ["", "[constants]"]
    lines += [f"{n} = {case.written(n, values[n], number)}" for n in spec.constants]
    lines += [f"{letters[n]} = {case.written(letters[n], u, number)}" for n, u in upstreams.items()]
    lines += ["", "[claims.forward]"]
    lines += [f"{n} = {case.written('forward.' + n, y, claimed)}" for n, y in outputs.items()]
    lines += ["", "[claims.gradient]"]
    lines += [f"{n} = {case.written('gradient.' + n, g, claimed)}" for n, g in gradients.items()]
    case.save(lines)


def main(names):
    warnings.simplefilter("ignore")
    known = sorted(path.stem for path in (HERE / "groups").glob("*.py"))
    for name in names or known:
        if name not in known:
            sys.exit(f"golden: unknown group '{name}', expected one of {', '.join(known)}")
        specs = importlib.import_module(f"groups.{name}").SPECS
        if len({spec.name for spec in specs}) != len(specs):
            sys.exit(f"golden: a name stands twice in group {name}")
        for old in (CASES / name).glob("*"):
            old.unlink()
        for spec in specs:
            write(name, spec)
        print(f"{name}: {len(specs)} cases")


if __name__ == "__main__":
    main(sys.argv[1:])
