"""An autograd.Function of PyTorch, checked as it is written, in float32 and in bfloat16.

Run: PYTHONPATH=tools/python python3 checks/examples/python/torch_function.py
"""
import gradcheck.torch
import torch


class Swish(torch.autograd.Function):
    """y = x / (1 + exp(-beta x)), in float32 inside whatever x is stored in (float64 stays)."""

    @staticmethod
    def forward(ctx, x, beta):
        wide = x if x.dtype == torch.float64 else x.float()
        ctx.save_for_backward(x)
        ctx.beta = beta
        return (wide * torch.sigmoid(beta * wide)).to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        wide = x if x.dtype == torch.float64 else x.float()
        s = torch.sigmoid(ctx.beta * wide)
        return (dy * (s + ctx.beta * wide * s * (1 - s))).to(x.dtype), None


x = torch.linspace(-3, 3, 20).reshape(4, 5)
for dtype in (torch.float64, torch.float32, torch.bfloat16):
    report = gradcheck.torch.check(Swish, x.to(dtype), 1.5)
    print(dtype, repr(report))
    assert report.verdict == "agree", report
