"""Functions and modules of PyTorch, as their users write them."""
import copy
import os
import signal

import gradcheck
import gradcheck.torch
import numpy as np
import pytest
import torch
from gradcheck import coverage
from torch.autograd import Function


def entries(report):
    return {tensor["name"]: tensor["verdict"] for tensor in report.tensors if "/" not in tensor["name"]}


def tensor(*shape, dtype=torch.float64, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)).to(dtype)


class Cube(Function):
    factor = 3

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return Cube.factor * x * x * dy


class Plain(Function):
    """Without a use of ctx."""

    @staticmethod
    def forward(ctx, x):
        return -2 * x

    @staticmethod
    def backward(ctx, dy):
        return -2 * dy


class ScaledProduct(Function):
    """Several outputs, one without a gradient, and arguments that are no tensors."""

    @staticmethod
    def forward(ctx, x, w, alpha, mode="plain", flags=(True, None)):
        ctx.save_for_backward(x, w)
        ctx.alpha, ctx.asked = alpha, list(ctx.needs_input_grad)
        largest = x.argmax(dim=1)
        ctx.mark_non_differentiable(largest)
        return alpha * x * w, x + w, largest

    @staticmethod
    def backward(ctx, dproduct, dsum, _):
        x, w = ctx.saved_tensors
        dx = ctx.alpha * dproduct * w + dsum if ctx.needs_input_grad[0] else None
        dw = (ctx.alpha * dproduct * x + dsum).sum(0) if ctx.needs_input_grad[1] else None
        return dx, dw, None, None, None


class InPlace(Function):
    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, dy):
        return 2 * dy


class SinCos(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return x.sin(), x.cos()

    @staticmethod
    def backward(ctx, dsin, dcos):
        (x,) = ctx.saved_tensors
        dx = torch.zeros_like(x)
        dx = dx if dsin is None else dx + dsin * x.cos()
        return dx if dcos is None else dx - dcos * x.sin()


class Square(Function):
    """Whose backward can be differentiated again."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        return 2 * x * dy


def gradient_of_square(x):
    return torch.autograd.grad(Square.apply(x).pow(2).sum(), x, create_graph=True)[0]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_six_kinds_of_function_run_as_written(dtype):
    x, w = tensor(4, 3, dtype=dtype), tensor(3, dtype=dtype, seed=1)
    for report in (gradcheck.torch.check(Plain, x), gradcheck.torch.check(Cube, x),
                   gradcheck.torch.check(ScaledProduct, x, w, 2.5, "other", (False, None)),
                   gradcheck.torch.check(InPlace, x), gradcheck.torch.check(SinCos, x),
                   gradcheck.torch.check(gradient_of_square, x)):
        assert report.verdict == "agree", report


def test_a_wrong_function_disagrees(monkeypatch):
    monkeypatch.setattr(Cube, "factor", 2.9)
    for dtype in (torch.float64, torch.float32):
        report = gradcheck.torch.check(Cube, tensor(4, 3, dtype=dtype))
        assert report.verdict == "disagree" and report.cases[0]["id"] == "Cube"


def test_inputs_have_the_names_of_the_signature():
    report = gradcheck.torch.check(ScaledProduct, tensor(4, 3), tensor(3), 0.5)
    assert entries(report) == {"x": "agree", "w": "agree"}


def test_what_requires_grad_is_checked_if_anything_does():
    w = tensor(3).requires_grad_()
    assert entries(gradcheck.torch.check(ScaledProduct, tensor(4, 3), w, 0.5)) == {"w": "agree"}
    assert entries(gradcheck.torch.check(ScaledProduct, tensor(4, 3), tensor(3), 0.5, constants="w")) == {"x": "agree"}


def test_a_backward_that_is_right_for_dense_upstreams_alone_is_found():
    class Raw(Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, dy):
            return torch.as_strided(dy, dy.shape, (dy.shape[1], 1)).clone()

    report = gradcheck.torch.check(Raw, tensor(4, 3))
    assert report.verdict == "disagree"
    assert "gives another result than the same numbers in order" in " ".join(report.text.split())


def test_writes_are_found_and_those_declared_are_not():
    class Writes(Function):
        @staticmethod
        def forward(ctx, x):
            y = 2 * x
            x.zero_()
            return y

        @staticmethod
        def backward(ctx, dy):
            return dy.mul_(2)

    report = gradcheck.torch.check(Writes, tensor(4, 3))
    assert report.verdict == "disagree"
    assert "forward writes to its input x" in report.text and "backward writes to its upstream" in report.text
    assert "writes to its input" not in gradcheck.torch.check(InPlace, tensor(4, 3)).text


def module():
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.LayerNorm(5), torch.nn.Dropout(0.4), torch.nn.Tanh(),
                               torch.nn.BatchNorm1d(5))


@pytest.mark.parametrize("layer", [torch.nn.ReLU, torch.nn.Dropout, lambda: torch.nn.BatchNorm1d(4)])
def test_a_module_in_float32_is_differentiated_in_float64_with_its_parameters(layer):
    torch.manual_seed(5)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), layer(), torch.nn.Linear(4, 2))
    weight = net[0].weight.detach().clone()
    report = gradcheck.torch.check(net, tensor(6, 3, dtype=torch.float32))
    assert report, report
    assert torch.equal(net[0].weight, weight)
    net.requires_grad_(False)
    assert gradcheck.torch.check(net, tensor(6, 3, dtype=torch.float32), parameters={"w": net[0].weight})


def test_a_function_that_reads_parameters_in_float32():
    w = tensor(3, 2, dtype=torch.float32, seed=1)
    report = gradcheck.torch.check(lambda x: torch.tanh(x @ w), tensor(4, 3, dtype=torch.float32), parameters={"w": w})
    assert report.verdict != "disagree", report


def test_a_module_is_checked_by_the_names_of_its_parameters():
    report = gradcheck.torch.check(module().double(), tensor(6, 3))
    assert report.verdict != "disagree", report
    assert {"input", "0.weight", "1.weight", "4.bias"} <= set(entries(report))


def test_everything_is_left_as_it_was_found():
    net, x = module(), tensor(6, 3, dtype=torch.float32).requires_grad_()
    net[3].eval()
    net(x).sum().backward()
    before, state = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    pointers = [one.data_ptr() for one in net.parameters()]
    gradients = [one.grad.clone() for one in net.parameters()]
    gradcheck.torch.check(net, x)
    assert torch.equal(state, torch.get_rng_state())
    for key, one in net.state_dict().items():
        assert torch.equal(one, before[key]), key
    assert pointers == [one.data_ptr() for one in net.parameters()]
    assert all(torch.equal(one.grad, kept) for one, kept in zip(net.parameters(), gradients))
    assert x.grad is not None and x.requires_grad and net.training and not net[3].training


class Counts(torch.nn.Module):
    """Puts other tensors in the place of its buffers, and counts its calls."""

    def __init__(self, by_hand=False):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("last", None)
        self.by_hand, self.count = by_hand, 0

    def forward(self, x):
        self.calls, self.last, self.count = self.calls + 1, x.detach(), self.count + 1
        return x * (self.count if self.by_hand else self.calls)


def test_buffers_that_forward_replaces_are_the_same_again():
    net = Counts()
    calls = net.calls
    assert gradcheck.torch.check(net, tensor(4, 3, dtype=torch.float32))
    assert net.calls is calls and calls.item() == 0 and net.last is None


def test_what_a_module_counts_in_python_is_found():
    report = gradcheck.torch.check(Counts(by_hand=True), tensor(4, 3, dtype=torch.float32))
    assert report.verdict == "disagree" and "the same calls again" in report.text


class ReadsItselfElsewhere(torch.nn.Module):
    """A copy of it reads the parameter of the original."""

    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(tensor(3, dtype=torch.float32))
        self.call = lambda x: torch.sin(x * self.w)

    def forward(self, x):
        return self.call(x)


@pytest.mark.parametrize("make", [lambda: torch.jit.script(torch.nn.Linear(3, 2)), ReadsItselfElsewhere,
                                  lambda: torch.nn.utils.weight_norm(torch.nn.Linear(3, 2)),
                                  lambda: torch.nn.utils.spectral_norm(torch.nn.Linear(3, 2)).eval()])
def test_modules_that_are_copied_with_care(make):
    torch.manual_seed(2)
    report = gradcheck.torch.check(make(), tensor(4, 3, dtype=torch.float32))
    assert report.verdict == "agree", report


def test_tensors_in_lists_tuples_and_dicts_are_checked():
    torch.manual_seed(2)
    x, state = tensor(2, 1, 3, dtype=torch.float32), (tensor(1, 1, 2, seed=1).float(), tensor(1, 1, 2, seed=2).float())
    report = gradcheck.torch.check(torch.nn.LSTM(3, 2), x, state)
    assert report, report
    assert {"input", "hx[0]", "hx[1]"} <= set(entries(report))
    wrong = lambda x, more: x * more["w"][0].detach() + more["w"][0]
    report = gradcheck.torch.check(wrong, tensor(4, 3), {"w": [tensor(3), 3], "mode": None})
    assert entries(report) == {"x": "agree", "more['w'][0]": "disagree"}
    assert entries(gradcheck.torch.check(wrong, tensor(4, 3), {"w": [tensor(3)]}, constants="more['w'][0]")) == \
        {"x": "agree"}


def test_an_output_of_a_narrower_type_is_no_write_to_its_upstream():
    report = gradcheck.torch.check(lambda x: torch.sin(x).float(), tensor(4, 3))
    assert "writes to" not in report.text and report.verdict != "disagree", report


def test_a_check_runs_in_inference_mode():
    net, x = torch.nn.Linear(3, 2).double(), tensor(4, 3)
    with torch.inference_mode():
        assert gradcheck.torch.check(net, x)
        assert gradcheck.torch.check(torch.sin, tensor(4, 3))


class Detaches(torch.nn.Module):
    """Whose gradient is 10 % off."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)

    def forward(self, x):
        y = self.linear(x)
        return y + 0.1 * y.detach()


def test_under_autocast_it_is_judged_in_the_type_of_autocast():
    torch.manual_seed(2)
    nets = [torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)), Detaches()]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        verdicts = [gradcheck.torch.check(net, tensor(4, 3, dtype=torch.float32)).verdict for net in nets]
    assert verdicts == ["agree", "disagree"]


def test_functions_inside_of_modules_count_as_checked():
    class Own(Cube):
        pass

    class Module(torch.nn.Module):
        def forward(self, x):
            return Own.apply(x) + 1

    assert not coverage.was_checked(Own)
    gradcheck.torch.check(Module(), tensor(4, 3))
    assert coverage.was_checked(Own)


def test_parameters_that_a_callable_reads_may_be_given():
    w = tensor(3)
    report = gradcheck.torch.check(lambda x: torch.sin(x) * w, tensor(4, 3), parameters={"w": w})
    assert report, report
    assert entries(report) == {"x": "agree", "w": "agree"} and not w.requires_grad


def test_tensors_of_any_layout_are_taken():
    x = tensor(3, 4).t()
    for one in (x, x[::2], x[:1].expand(4, 3)):
        assert gradcheck.torch.check(Cube, one), one.stride()


class HalfSoftmax(Function):
    """Calculates in float32, stores in the type of x."""
    error = 1.0

    @staticmethod
    def forward(ctx, x):
        wide = x if x.dtype == torch.float64 else x.float()
        y = torch.softmax(wide, 1)
        ctx.save_for_backward(y)
        return y.to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        (y,) = ctx.saved_tensors
        dy_wide = dy.to(y.dtype)
        return ((y * (dy_wide - (dy_wide * y).sum(1, keepdim=True))) * HalfSoftmax.error).to(dy.dtype)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_judged_against_the_same_function_in_float64(dtype, monkeypatch):
    x = tensor(5, 9, dtype=dtype)
    report = gradcheck.torch.check(HalfSoftmax, x)
    assert report, report
    assert [one["role"] for one in report.tensors] == ["output", "input"]
    monkeypatch.setattr(HalfSoftmax, "error", 1.02)
    exact = lambda x: torch.softmax(x, 1)
    assert entries(gradcheck.torch.check(HalfSoftmax, x, reference=exact))["x"] == "disagree"


def message_of(*arguments, **keywords):
    with pytest.raises(gradcheck.Error) as caught:
        gradcheck.torch.check(*arguments, **keywords)
    return str(caught.value)


def test_mistakes_are_told():
    x = tensor(4, 3)
    assert message_of(torch.nn.Linear, x) == "function: has the class Linear, expected a module: Linear(...)"
    assert message_of(lambda x: x.to_dense(), tensor(2, 3).to_sparse()) == \
        "x: has a tensor of layout <torch.sparse_coo> on <cpu>, expected dense numbers"
    assert message_of(lambda x: x, torch.empty(3, device="meta")) == \
        "x: has a tensor of layout <torch.strided> on <meta>, expected dense numbers"
    assert message_of(3, x) == "function: has a int, expected an autograd.Function, a module or a callable"
    assert message_of(Cube) == "Cube: has no tensors among its arguments, expected at least one"
    assert message_of(lambda x: None, x) == "forward of function returned None, expected a tensor that requires grad"
    assert message_of(lambda x: x.detach(), x) == \
        "forward of function returned 1 tensors without a gradient, expected a tensor that requires grad"
    assert message_of(Cube, x.to(torch.complex128)).startswith("x: has type <torch.complex128>, expected real numbers")
    assert "RuntimeError" in message_of(lambda x: x @ torch.ones(5, 5), x)
    assert message_of(lambda x: torch.sin(x).bfloat16(), x.float()) == \
        "function: is in bfloat16, which is judged against a function in float64; called with float64 it returned " \
        "bfloat16 again, expected a reference that does not round its results"
    assert message_of(Cube, x, constants="y") == "constants: has <y>, expected names of inputs: x"

    class Forgets(Cube):
        @staticmethod
        def backward(ctx, dy):
            return dy[:2]

    assert message_of(Forgets, x).startswith("backward of Forgets raised RuntimeError")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_tensors_on_a_device():
    assert gradcheck.torch.check(Cube, tensor(4, 3).cuda())
    assert gradcheck.torch.check(module().cuda(), tensor(6, 3, dtype=torch.float32).cuda()).verdict != "disagree"


def test_an_alarm_in_the_first_calls_is_no_refusal():
    """Those that find out whether a function runs in float64, which may fail."""
    def raise_it(number, frame):
        raise TimeoutError("time is up")

    calls = []

    def interrupted(at):
        def forward(x):
            calls.append(x.dtype)
            if len(calls) == at:
                os.kill(os.getpid(), signal.SIGALRM)
            return torch.sin(x)

        return forward

    before = signal.signal(signal.SIGALRM, raise_it)
    try:
        for at in (1, 2, 3, 4, 5):
            calls.clear()
            with pytest.raises(TimeoutError, match="time is up"):
                gradcheck.torch.check(interrupted(at), tensor(4, 3, dtype=torch.float32))
            assert len(calls) == at
    finally:
        signal.signal(signal.SIGALRM, before)
