"""gradcheck.torch.check: functions and modules of PyTorch."""
from __future__ import annotations

import contextlib
import copy
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from . import arrays, coverage, torch_graph, torch_modules
from .candidate import check_subjects
from .errors import Error
from .layer import Subject, check_subject
from .parameters import Place
from .report import Report
from .signals import Signals
from .torch_arguments import Path, mapped, tensors_in

_HALF = {torch.float16: "float16", torch.bfloat16: "bfloat16"}


def check(function: Any, *tensors: Any, parameters: Mapping[str, torch.Tensor] | None = None, name: str | None = None,
          constants: str | Iterable[str] = (), reference: Callable[..., Any] | None = None,
          **keywords: Any) -> Report:
    """Compares the gradients that autograd gives with numeric ones, entry by entry.

        gradcheck.torch.check(MyFunction, x, W, 2.0)     # an autograd.Function: MyFunction.apply(x, W, 2.0)
        gradcheck.torch.check(module, x)                 # an nn.Module, with its named_parameters
        gradcheck.torch.check(lambda x: f(x).sum(), x)   # a callable

    tensors     what it is called with: tensors on any device, also in lists, tuples and dicts, and whatever else it
                takes, handed on as it is. If one of them requires grad, those that do not are constants; if none does,
                all floating ones are checked.
    parameters  further tensors that the function reads, by name; a module's own are found
    constants   names of tensors without a gradient, as in forward's signature ("hx[0]" in a tuple)
    reference   a function of tensors in float64, to differentiate in place of the function. For one in float32 that
                also runs in float64 (nothing else than its arguments and parameters decide that), it is the function
                itself. One in half precision, its own or autocast's, is compared with it as a candidate: see
                check_candidate.

    Keywords are those of check_layer, but forward_batch. Every tensor, .grad, buffer, generator state and mode is left
    as found; each forward starts from the same generator state, so dropout has one mask.
    """
    with torch.inference_mode(False):
        call = _Call(function, tensors, parameters, constants, name)
        with call.kept():
            half, wide = _other_side(call, reference)
            if half is not None:
                report = check_subjects(call.subject(), wide, half, constants=call.constant, **keywords)
            else:
                report = check_subject(call.subject(), constants=call.constant, reference=wide, **keywords)
            call.note_functions()
            return report


def _other_side(call: _Call, reference: Callable[..., Any] | None) -> tuple[str | None, Subject | None]:
    """The half precision in which the function is judged, if it is in one, and what it is compared with: a function in
    float64, or None for no other than itself."""
    with call.signals:
        half = call.signals.run(call.half_precision)
        wide = call.signals.run(_wide_beside_half, call, half, reference) if half else \
            call.signals.run(_wide, call, reference)
    if call.signals.stopped is not None:  # and user code went on after it
        raise call.signals.stopped
    return half, wide


def _wide(call: _Call, reference: Callable[..., Any] | None) -> Subject | None:
    """The function in float64 beside one in float32, if it runs there."""
    if reference is not None:
        return call.other(reference).subject()
    if call.has_float32() and not call.reads_float32():
        with call.signals.refusals_allowed():  # it wants float32, or cannot be copied
            wide = call.widened()
            return wide.subject() if wide.stands_for(call) else None
    return None


def _wide_beside_half(call: _Call, precision: str, reference: Callable[..., Any] | None) -> Subject:
    """What a function in half precision is compared with. Raises Error if there is nothing."""
    told = f"{call.name}: is in {precision}, which is judged against a function in float64; called with float64 it"
    try:
        wide = call.other(reference) if reference is not None else call.widened()
        wide.forward(*wide.arrays.values())
    except Exception as error:
        if call.signals.stopped is not None:
            raise
        raise Error(f"{told} raised {type(error).__name__}: {error}") from error
    if wide.output_types() & _HALF.keys():
        raise Error(f"{told} returned {precision} again, expected a reference that does not round its results")
    return wide.subject()


class _Call:
    """A function of tensors as one of arrays, with a graph behind its last outputs."""

    def __init__(self, function: Any, arguments: tuple[Any, ...], parameters: Mapping[str, torch.Tensor] | None,
                 constants: str | Iterable[str], name: str | None):
        coverage.note(function)
        self.signals = Signals()
        self._module = function if isinstance(function, torch.nn.Module) else None
        self.call = function.apply if _is_function_class(function) else function
        if isinstance(function, type) and issubclass(function, torch.nn.Module):
            raise Error(f"function: has the class {function.__name__}, expected a module: {function.__name__}(...)")
        if not callable(self.call):
            raise Error(f"function: has a {type(function).__name__}, expected an autograd.Function, a module or a "
                        "callable")
        self.name = name or _name_of(function)
        self.parameters = _parameters(self._module, parameters)
        self._names = _input_names(function, arguments, self.parameters)
        if not self._names:
            raise Error(f"{self.name}: has no tensors among its arguments, expected at least one")
        self._take(arguments)
        self.constant = self._constants(constants)
        self._generators = _generator_states()
        self._state = None if self._module is None else torch_modules.State(self._module)

    def _take(self, arguments: tuple[Any, ...]) -> None:
        """Takes these arguments, whose tensors stand where `_names` says."""
        self._arguments = arguments
        self._tensors = {self._names[path]: one for path, one in tensors_in(arguments) if path in self._names}
        self.arrays = {key: _to_array(one, key) for key, one in self._tensors.items()}

    def _constants(self, given: str | Iterable[str]) -> set[str]:
        named = arrays.constants_of({key: np.zeros(0) for key in self._tensors}, given)
        asked = any(tensor.requires_grad for tensor in self._tensors.values())
        return named | {key for key, tensor in self._tensors.items()
                        if not tensor.is_floating_point() or (asked and not tensor.requires_grad)}

    def _floating(self) -> list[torch.Tensor]:
        inputs = [one for key, one in self._tensors.items() if key not in self.constant]
        return inputs + list(self.parameters.values())

    def half_precision(self) -> str | None:
        """Its type, if something in half precision is to be checked, or comes out, or autocast calculates in it."""
        types = [tensor.dtype for tensor in self._floating()]
        with self.signals.refusals_allowed():  # the check itself will say so
            self._outputs_elsewhere()
            types += self.output_types()
        if torch.float32 in types:
            types += _autocast_types({tensor.device.type for tensor in self._floating()})
        return next((_HALF[one] for one in types if one in _HALF), None)

    def has_float32(self) -> bool:
        return any(tensor.dtype == torch.float32 for tensor in self._floating())

    def reads_float32(self) -> bool:
        """Whether it reads parameters in float32 that are no module's, and so cannot be widened."""
        own = set() if self._module is None else {id(one) for one in self._module.parameters()}
        return any(one.dtype == torch.float32 and id(one) not in own for one in self.parameters.values())

    def other(self, function: Callable[..., Any]) -> _Call:
        """Another function of the same arguments, widened to float64, that reads the same parameters."""
        other = copy.copy(self)
        other.call = function.apply if _is_function_class(function) else function
        other._take(mapped(self._arguments, lambda _, one: _widened(one)))
        return other

    def widened(self) -> _Call:
        """The function itself on float64; of a module a copy."""
        if self._module is None:
            return self.other(self.call)
        self._state.restore_buffers()
        module = torch_modules.widened(self._module)
        other = self.other(module)
        other._module, other._state = module, torch_modules.State(module)
        keys, twins = {id(one): key for key, one in self._module.named_parameters()}, dict(module.named_parameters())
        other.parameters = {key: twins[keys[id(one)]] if id(one) in keys else one
                            for key, one in self.parameters.items()}
        return other

    def stands_for(self, other: _Call) -> bool:
        """Whether it gives the same numbers again and again, of the parameters that the other reads too: copies of
        modules may share Python's objects with them, and count or draw on their own."""
        once, again = self._outputs_elsewhere(), self._outputs_elsewhere()
        other._outputs_elsewhere()
        return self._read() == other._read() and all(map(_equal, once, again))

    def _outputs_elsewhere(self) -> tuple[np.ndarray, ...]:
        """Not at the point, so that a function that clings to its first input is still found out."""
        other = [x if key in self.constant else arrays.other_values(x) for key, x in self.arrays.items()]
        with self.signals.refusals_allowed():  # outside of its domain
            return self.forward(*other)
        return self.forward(*self.arrays.values())

    def _read(self) -> set[str]:
        """The parameters to which gradients of the last outputs flow."""
        leaves = torch_graph.leaves(self._outputs)
        return {key for key, one in self.parameters.items() if id(one) in leaves}

    def output_types(self) -> set[torch.dtype]:
        """Those of the last outputs."""
        return {one.dtype for one in self._outputs}

    def note_functions(self) -> None:
        """Counts every autograd.Function behind the last outputs as checked."""
        for one in torch_graph.functions(self._outputs):
            coverage.note(one)

    def subject(self) -> Subject:
        places = {key: (_Value(key, tensor), _Gradient(key, tensor, self))
                  for key, tensor in self.parameters.items()}
        return Subject(self.forward, self.backward, self.arrays, places, self.name)

    def forward(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """The outputs through which gradients flow, in float64 or float32."""
        _set_generator_states(self._generators)
        if self._state is not None:
            self._state.restore_buffers()
        self._leaves = {}
        given = {key: self._argument(key, x) for key, x in zip(self._tensors, inputs)}
        arguments = mapped(self._arguments, lambda path, one: given.get(self._names.get(path), one))
        with torch.enable_grad():
            returned = self.call(*arguments)
            self._outputs = [one for _, one in tensors_in(returned) if one.requires_grad]
        if not self._outputs:
            raise Error(f"returned {_kinds(returned)}, expected a tensor that requires grad")
        self._hand_back_writes(given, inputs)
        return tuple(_to_array(one, f"output {k}") for k, one in enumerate(self._outputs))

    def _argument(self, key: str, x: np.ndarray) -> torch.Tensor:
        """A tensor that the function may write to: no leaf. Strides other than NumPy's usual ones are kept."""
        tensor = _from_array(x, self._tensors[key])
        if key in self.constant:
            return tensor
        leaf = self._leaves[key] = tensor.requires_grad_()
        with torch.enable_grad():
            return leaf.clone() if x.flags.c_contiguous else leaf

    def _hand_back_writes(self, given: Mapping[str, torch.Tensor], inputs: Iterable[np.ndarray]) -> None:
        """Shows what was written to inputs that are no outputs: writing in place to those is declared."""
        written = {one.data_ptr() for one in self._outputs}
        for one, x in zip(given.values(), inputs):
            if one.data_ptr() not in written and x.flags.writeable:
                x[...] = _to_array(one, "input")

    def backward(self, *dy: np.ndarray) -> tuple[np.ndarray | None, ...]:
        """The gradients of the inputs; those of the parameters are kept in `gradients`."""
        upstreams = [_from_array(one, y) for one, y in zip(dy, self._outputs)]
        handed_over = [_to_array(one, "upstream") for one in upstreams]
        wanted = [*self._leaves.values(), *self.parameters.values()]
        found = torch.autograd.grad(self._outputs, wanted, upstreams, retain_graph=True, allow_unused=True)
        for upstream, before, one in zip(upstreams, handed_over, dy):
            now = _to_array(upstream, "upstream")
            if one.flags.writeable and not _equal(now, before):  # which are rounded where the output's type is narrower
                one[...] = now
        gradients = [np.zeros(tuple(one.shape)) if g is None else _to_array(g, "gradient")
                     for g, one in zip(found, wanted)]
        self.gradients = dict(zip(self.parameters, gradients[len(self._leaves):]))
        of_inputs = dict(zip(self._leaves, gradients))
        return tuple(of_inputs.get(key) for key in self._tensors)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Leaves generators, buffers and modes as they were found."""
        without = [one for one in self.parameters.values() if one.is_leaf and not one.requires_grad]
        try:
            for one in without:
                one.requires_grad_()
            yield
        finally:
            with Signals():  # which hold back what would interrupt this
                for one in without:
                    one.requires_grad_(False)
                if self._state is not None:
                    self._state.restore()
                _set_generator_states(self._generators)


class _Value(Place):
    """The numbers of a parameter tensor, read and written without a trace in any graph."""

    def __init__(self, what: str, tensor: torch.Tensor):
        self._tensor, self._saved = tensor, tensor.detach().clone()
        super().__init__(what)

    def get(self) -> np.ndarray:
        return _to_array(self._tensor, self.what)

    def put(self, numbers: np.ndarray) -> None:
        self._tensor.data.copy_(torch.from_numpy(np.array(numbers, np.float64)))

    def restore(self) -> None:
        self._tensor.data.copy_(self._saved)


class _Gradient(Place):
    """What the last backward found for a parameter. There is nothing to be written: autograd makes it anew."""

    def __init__(self, key: str, tensor: torch.Tensor, call: _Call):
        self._key, self._call = key, call
        super().__init__(f"the gradient of {key}")

    def get(self) -> np.ndarray | None:
        return getattr(self._call, "gradients", {}).get(self._key)

    def put(self, numbers: np.ndarray) -> None:
        pass

    def restore(self) -> None:
        self._call.gradients = {}


def _is_function_class(function: Any) -> bool:
    return isinstance(function, type) and issubclass(function, torch.autograd.Function)


def _name_of(function: Any) -> str:
    if isinstance(function, (type, torch.nn.Module)):
        return (function if isinstance(function, type) else type(function)).__name__
    name = getattr(function, "__qualname__", type(function).__name__).split("<locals>.")[-1].removesuffix(".apply")
    return "function" if name == "<lambda>" else name


def _parameters(module: torch.nn.Module | None, given: Mapping[str, torch.Tensor] | None) -> dict[str, torch.Tensor]:
    found = {} if module is None else {key: one for key, one in module.named_parameters() if one.requires_grad}
    for key, tensor in (given or {}).items():
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            raise Error(f"parameter {key}: has a {type(tensor).__name__}, expected a tensor of floating-point numbers")
        found[key] = tensor
    return found


def _input_names(function: Any, arguments: tuple[Any, ...], taken: Mapping[str, Any]) -> dict[Path, str]:
    """What the tensors among the arguments are called in forward's signature: "hx", or "hx[0]" in a tuple. Functions of
    autograd's see no tensors but those at the top."""
    forward = function.forward if hasattr(function, "forward") else function
    context = _is_function_class(function) and not _has_setup_context(function)
    names = arrays.argument_names(forward, len(arguments) + context)[context:]
    found: dict[Path, str] = {}
    for path, _ in tensors_in(arguments):
        if len(path) == 1 or not _is_function_class(function):
            key = names[path[0]] + "".join(f"[{one!r}]" for one in path[1:])
            while key in taken or key in found.values():
                key += "_"
            found[path] = key
    return found


def _has_setup_context(function: Any) -> bool:
    """Whether its forward takes no ctx, as from PyTorch 2.0 on."""
    base = getattr(torch.autograd.function, "_SingleLevelFunction", None)
    return base is not None and function.setup_context is not base.setup_context


def _autocast_types(devices: set[str]) -> list[torch.dtype]:
    """The types to which autocast turns calculations on these devices, where it is on."""
    found = [torch.get_autocast_cpu_dtype()] if "cpu" in devices and torch.is_autocast_cpu_enabled() else []
    return found + ([torch.get_autocast_gpu_dtype()] if "cuda" in devices and torch.is_autocast_enabled() else [])


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().double().requires_grad_(tensor.requires_grad) if tensor.is_floating_point() else tensor


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


def _to_array(tensor: torch.Tensor, what: str) -> np.ndarray:
    if tensor.is_complex():
        raise Error(f"{what}: has type <{tensor.dtype}>, expected real numbers: complex ones are not supported; use "
                    "torch.view_as_real")
    if tensor.is_meta or tensor.layout != torch.strided:
        raise Error(f"{what}: has a tensor of layout <{tensor.layout}> on <{tensor.device}>, expected dense numbers")
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype in _HALF else tensor).cpu().numpy().copy()


def _from_array(x: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """The numbers in the type and on the device of `like`, laid out in memory as in x (but for negative strides)."""
    if any(stride < 0 for stride in x.strides):
        x = np.ascontiguousarray(x)
    with warnings.catch_warnings() if not x.flags.writeable else contextlib.nullcontext():
        if not x.flags.writeable:
            warnings.simplefilter("ignore")
        tensor = torch.from_numpy(np.asarray(x)).to(like.device, like.dtype)
    return tensor.clone() if x.flags.c_contiguous else tensor


def _kinds(returned: Any) -> str:
    if returned is None:
        return "None"
    tensors = list(tensors_in(returned))
    return "no tensor" if not tensors else f"{len(tensors)} tensors without a gradient"


def _generator_states() -> list[Any]:
    states = [torch.get_rng_state()]
    return states + (torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [])


def _set_generator_states(states: list[Any]) -> None:
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state_all(states[1:])
