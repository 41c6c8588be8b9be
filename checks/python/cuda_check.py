"""Functions, modules and kernels on a CUDA device; skipped where there is none."""
import gradcheck
import gradcheck.torch
import pytest
import torch
from torch.autograd import Function

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).to("cuda", dtype)


class Swish(Function):
    factor = 1.0

    @staticmethod
    def forward(ctx, x):
        assert x.is_cuda
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return Swish.factor * dy * (s + x * s * (1 - s))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_function_is_judged_on_its_device(dtype, monkeypatch):
    x = tensor(4, 3, dtype=dtype)
    kept = x.clone()
    assert gradcheck.torch.check(Swish, x)
    assert torch.equal(x, kept) and x.grad is None and x.is_cuda
    monkeypatch.setattr(Swish, "factor", 1.05)
    assert gradcheck.torch.check(Swish, x).verdict == "disagree"


def test_a_module_keeps_its_parameters_and_generators():
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2)).cuda()
    before = [one.detach().clone() for one in module.parameters()]
    state = torch.cuda.get_rng_state()
    assert gradcheck.torch.check(module, tensor(5, 3, dtype=torch.float32))
    assert all(torch.equal(one, old) for one, old in zip(module.parameters(), before))
    assert torch.equal(torch.cuda.get_rng_state(), state)


def test_a_kernel_is_compared_with_its_reference_on_the_processor():
    assert gradcheck.torch.check(Swish, tensor(4, 3, dtype=torch.float32), reference=torch.nn.functional.silu)


def test_an_out_of_memory_error_is_the_cause():
    def huge(x):
        return x.expand(1 << 45, *x.shape).contiguous().sum()

    with pytest.raises(gradcheck.Error) as caught:
        gradcheck.torch.check(huge, tensor(4, 3))
    assert isinstance(caught.value.__cause__, RuntimeError)
