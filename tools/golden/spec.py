"""What a golden case is made from."""

import zlib
from dataclasses import dataclass, field
from typing import Callable

import numpy as np


@dataclass
class Spec:
    """One case: a call in the network language, and a function of PyTorch tensors that computes the
    same.

    name       of the file, unique in its group
    call       "huber(x, t, delta=0.7)": what y is
    values     name -> array, or a function of a random generator that makes one (see below)
    function   takes the values as float64 tensors by name, returns y (or one tensor an output)
    outputs    the names to which the outputs go
    constants  values that are never differentiated (indices, labels, masks)
    before     further statements in front of the call (several lines, as in a case file)
    ungraded   outputs that no gradient flows from (indices)
    source     the implementation that the numbers come from
    """

    name: str
    call: str
    values: dict
    function: Callable
    outputs: tuple = ("y",)
    constants: tuple = ()
    before: str = ""
    ungraded: tuple = ()
    source: str = "PyTorch"
    made: dict = field(default_factory=dict)

    def generator(self, group):
        return np.random.default_rng(zlib.crc32(f"{group}/{self.name}".encode()))


def signed(*shape, low=0.3, high=2.0):
    """Of either sign, `low` to `high` in size, to three decimals."""

    def make(generator):
        size = generator.uniform(low, high, shape)
        return np.round(size * generator.choice([-1.0, 1.0], shape), 3)

    return make


def uniform(*shape, low=0.3, high=2.0):
    """Between low and high, to three decimals."""
    return lambda generator: np.round(generator.uniform(low, high, shape), 3)


def integers(*shape, low=0, high):
    """low to high - 1."""
    return lambda generator: generator.integers(low, high, shape).astype(float)


def array(values):
    """Just these."""
    return np.asarray(values, dtype=float)
