"""Nothing is leaked over 10,000 checks: no object of Python's, no memory of the library's, no open file."""
import ctypes
import gc
import os

import gradcheck
import numpy as np
import pytest

CHECKS = 10_000
WARM_UP = 1_000  # caches are full then


class _Mallinfo(ctypes.Structure):
    """What glibc's mallinfo2 returns."""
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks",
                                                    "fsmblks", "uordblks", "fordblks", "keepcost")]


X = np.array([0.5, -1.5])


class Scale:
    def __init__(self):
        self.w, self.dw = np.array([2.0, -0.5]), np.zeros(2)

    def forward(self, x):
        self.x = x
        return self.w * x

    def backward(self, dy):
        self.dw[...] = dy * self.x
        return dy * self.w


def agree():
    assert gradcheck.check_layer(Scale(), [X], parameters={"w": "dw"}, gradients_only=True)


def disagree():
    assert not gradcheck.check_layer(lambda x: 2 * x, lambda dy: dy, [X], gradients_only=True)


def refuse():
    with pytest.raises(gradcheck.Error):
        gradcheck.check_layer(lambda x: None, lambda dy: dy, [X], gradients_only=True)


def fail():
    def raises(dy):
        raise LookupError

    with pytest.raises(gradcheck.Error):
        gradcheck.check_layer(lambda x: 2 * x, raises, [X], gradients_only=True)


def held():
    """Objects of Python's, bytes that are allocated, open files."""
    gc.collect()
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)  # glibc 2.33 and newer
    if mallinfo is None:
        pytest.skip("no mallinfo2, which tells what is allocated")
    mallinfo.restype = _Mallinfo
    now = mallinfo()
    return len(gc.get_objects()), now.uordblks + now.hblkhd, len(os.listdir("/proc/self/fd"))


def test_nothing_is_leaked_over_10_000_checks():
    ways = [agree, disagree, refuse, fail]
    for k in range(WARM_UP):
        ways[k % 4]()
    before = held()
    for k in range(CHECKS):
        ways[k % 4]()
    objects, memory, files = (now - then for now, then in zip(held(), before))
    print(f"{CHECKS} checks: {objects} objects, {memory} bytes, {files} files more")
    assert objects < CHECKS / 100
    assert memory < CHECKS  # less than a byte each
    assert files == 0
