"""A candidate in low precision, fused, accumulated or sharded, against its reference."""
import gradcheck
import numpy as np
import pytest


def rounded(x, precision):
    """To float16, or to bfloat16 (to nearest, ties to even), in float32 arrays."""
    if precision == "float16":
        return np.asarray(x, np.float16).astype(np.float32)
    if precision == "float32":
        return np.asarray(x, np.float32)
    bits = np.asarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dy):
        return self.y * (dy - (dy * self.y).sum(axis=1, keepdims=True))


class Swish:
    """Near its minimum all points nearby are rounded alike."""

    def forward(self, x):
        self.x, self.s = x, 1 / (1 + np.exp(-x))
        return x * self.s

    def backward(self, dy):
        return dy * (self.s + self.x * self.s * (1 - self.s))


class LayerNorm:
    def __init__(self):
        self.g, self.b = np.linspace(0.5, 1.5, 17), np.linspace(-1, 1, 17)

    def forward(self, x):
        d = x - x.mean(axis=1, keepdims=True)
        self.r = 1 / np.sqrt((d * d).mean(axis=1, keepdims=True) + 1e-5)
        self.h = d * self.r
        return self.h * self.g + self.b

    def backward(self, dy):
        self.dg, self.db = (dy * self.h).sum(axis=0), dy.sum(axis=0)
        d = dy * self.g
        return self.r * (d - d.mean(axis=1, keepdims=True) - self.h * (d * self.h).mean(axis=1, keepdims=True))


def stored(inner, precision, alter=None, tensor=None):
    """The same layer with float32 inside and results stored in the precision; one tensor is altered first."""
    def store(name, value):
        return rounded(alter(np.asarray(value, np.float32)) if name == tensor else value, precision)

    class Stored(inner):
        def forward(self, x):
            if hasattr(self, "g"):
                self.g, self.b = np.asarray(self.g, np.float32), np.asarray(self.b, np.float32)
            return store("y", super().forward(np.asarray(x, np.float32)))

        def backward(self, dy):
            dx = store("x", super().backward(np.asarray(dy, np.float32)))
            if hasattr(self, "g"):
                self.dg, self.db = store("g", self.dg), store("b", self.db)
            return dx

    return Stored()


def all_by_one_percent(value):
    return value * np.float32(1.01)


def largest_by_three_percent(value):
    value = value.copy()
    value.flat[np.abs(value).argmax()] *= np.float32(1.03)
    return value


PARAMETERS = {Softmax: None, Swish: None, LayerNorm: {"g": "dg", "b": "db"}}


def check(inner, precision, seed, alter=None, tensor=None):
    x = 2 * np.random.default_rng(seed).normal(size=(6, 17))
    return gradcheck.check_candidate(stored(inner, precision, alter, tensor), inner(), [x], precision=precision,
                                     parameters=PARAMETERS[inner], seed=seed)


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("inner", [Softmax, Swish, LayerNorm])
def test_right_ones_agree_at_20_seeds(inner, precision):
    verdicts = [check(inner, precision, seed).verdict for seed in range(20)]
    assert verdicts == ["agree"] * 20


@pytest.mark.parametrize("precision", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("inner, tensor", [(Softmax, "y"), (Softmax, "x"), (Swish, "y"), (LayerNorm, "y"),
                                           (LayerNorm, "x"), (LayerNorm, "g"), (LayerNorm, "b")])
@pytest.mark.parametrize("alter", [all_by_one_percent, largest_by_three_percent])
def test_errors_are_found_in_their_tensor(inner, tensor, alter, precision):
    for seed in range(3):
        report = check(inner, precision, seed, alter, tensor)
        assert [one["name"] for one in report.tensors if one["verdict"] == "disagree"] == [tensor], report


def test_inputs_are_rounded_first_and_of_the_candidates_type():
    seen = {}

    class Reference(Softmax):
        def forward(self, x):
            seen.setdefault("reference", x.copy())
            return super().forward(x)

    class Candidate(Softmax):
        def forward(self, x):
            seen["type"] = x.dtype
            return super().forward(x)

    x = np.array([[0.1, 0.2, 0.7]])
    gradcheck.check_candidate(Candidate(), Reference(), [x], precision="float16")
    assert seen["type"] == np.float16
    gradcheck.check_candidate(Candidate(), Reference(), [x], precision="bfloat16")
    assert seen["type"] == np.float32 and seen["reference"].dtype == np.float64


def test_a_wrong_reference_is_told():
    class Wrong(Softmax):
        def backward(self, dy):
            return self.y * dy

    report = gradcheck.check_candidate(Wrong(), Wrong(), [np.array([[0.1, 0.2, 0.7]])])
    assert report.verdict == "disagree" and "the reference's own gradient is wrong" in " ".join(report.text.split())


def test_other_dropout_masks_are_named():
    class Dropout:
        def __init__(self, seeded):
            self.random = np.random.default_rng(1)
            self.seeded = seeded

        def forward(self, x):
            if self.seeded:
                self.random = np.random.default_rng(1)
            self.mask = self.random.uniform(size=x.shape) < 0.5
            return x * self.mask

        def backward(self, dy):
            return dy * self.mask

    x = [np.linspace(0.1, 1, 10)]
    report = gradcheck.check_candidate(Dropout(False), Dropout(True), x)
    assert report.verdict == "disagree" and "other dropout masks" in " ".join(report.text.split())
    assert gradcheck.check_candidate(Dropout(True), Dropout(True), x)


class TokenLoss:
    """The mean of squares over the tokens that are no padding (t = 1)."""

    def __init__(self, accumulates_wrongly=False):
        self.wrong = accumulates_wrongly

    def forward(self, x, t):
        self.x, self.t = x, t
        self.count = len(t) if self.wrong else max(t.sum(), 1)
        return ((x**2).sum(axis=1) * t).sum() / self.count

    def backward(self, dy):
        return 2 * self.x * self.t[:, None] * dy / self.count, None


def test_a_token_weighted_mean_is_put_together_from_its_parts():
    inputs = {"x": np.random.default_rng(0).normal(size=(5, 3)), "t": np.array([1, 0, 1, 1, 1])}
    tokens = lambda x, t: t.sum()
    assert gradcheck.check_candidate(TokenLoss(), TokenLoss(), inputs, batch_law=tokens)
    report = gradcheck.check_candidate(TokenLoss(), TokenLoss(), inputs, batch_law="mean")
    assert report.verdict == "disagree" and "in parts of 2, 2 and 1 rows" in " ".join(report.text.split())


class Linear:
    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dy):
        self.dW = self.x.T @ dy
        return dy @ self.W.T


def test_shards_are_put_together():
    W = np.random.default_rng(0).normal(size=(4, 6))
    x = np.random.default_rng(1).normal(size=(3, 4))
    columns = gradcheck.Shards([Linear(W[:, :3].copy()), Linear(W[:, 3:].copy())], inputs=["copy"],
                               outputs=["concat:1"], parameters={"W": ("dW", "concat:1")})
    rows = gradcheck.Shards([Linear(W[:2].copy()), Linear(W[2:].copy())], inputs=["concat:1"], outputs=["sum"],
                            parameters={"W": ("dW", "concat:0")})
    for shards in (columns, rows):
        assert gradcheck.check_candidate(shards, Linear(W.copy()), [x], precision="float64",
                                         reference_parameters={"W": "dW"})
    half = gradcheck.Shards([Linear(W.copy()), Linear(W.copy())], inputs=["concat:0"], outputs=["concat:0"],
                            parameters={"W": ("dW", "copy")})
    assert gradcheck.check_candidate(half, Linear(W.copy()), [x], precision="float64",
                                     reference_parameters={"W": "dW"})


def test_mistakes_are_told():
    def message_of(*arguments, **keywords):
        with pytest.raises(gradcheck.Error) as caught:
            gradcheck.check_candidate(*arguments, **keywords)
        return str(caught.value)

    x = [np.ones((2, 3))]
    assert message_of(Softmax(), Softmax(), x, precision="fp8") == \
        "precision: has <'fp8'>, expected one of float64, float32, float16, bfloat16"
    assert message_of(3, Softmax(), x) == \
        "candidate: has a int, expected an object with forward and backward, or a pair of callables"
    assert message_of(Softmax(), Softmax(), x, roundings=0) == \
        "roundings: has <0>, expected a number of at least 1, or None to measure them"
    assert message_of(Softmax(), Softmax(), x, batch_law="average").startswith("batch_law: has <'average'>")
    assert "W" in message_of(Linear(np.ones((3, 3))), Softmax(), x, parameters={"W": "dW"})
    with pytest.raises(gradcheck.Error, match="expected \"copy\" or \"concat:AXIS\""):
        gradcheck.Shards([1, 2], inputs=["concat"], outputs=["sum"])
