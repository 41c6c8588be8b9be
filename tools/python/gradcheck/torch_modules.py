"""What modules keep besides parameters, and their copies in float64."""
from __future__ import annotations

import copy

import torch


class State:
    """Buffers and modes of a module and its parts as they were found."""

    def __init__(self, module: torch.nn.Module):
        self._modes = [(part, part.training) for part in module.modules()]
        self._buffers = [(part, dict(part._buffers.items())) for part in module.modules()]
        self._numbers = [(one, one.detach().clone()) for one in module.buffers()]

    def restore_buffers(self) -> None:
        """Puts back the very tensors, and their numbers."""
        for part, found in self._buffers:
            for key in [key for key in part._buffers.keys() if key not in found]:
                delattr(part, key)
            for key, one in found.items():
                if getattr(part, key) is not one:
                    setattr(part, key, one)
        for one, numbers in self._numbers:
            one.data.copy_(numbers)

    def restore(self) -> None:
        self.restore_buffers()
        for part, training in self._modes:
            part.training = training


def widened(module: torch.nn.Module) -> torch.nn.Module:
    """A copy in float64. Tensors that forward calculates and keeps (weight_norm's) are copied without their graphs."""
    copies = {id(one): one.detach().clone() for part in module.modules() for one in vars(part).values()
              if isinstance(one, torch.Tensor) and not one.is_leaf}
    return copy.deepcopy(module, copies).double()
