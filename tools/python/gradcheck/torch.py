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

from . import arrays, coverage
from .errors import Error
from .layer import Subject, check_subject
from .parameters import Place
from .report import Report

_HALF = {torch.float16: "float16", torch.bfloat16: "bfloat16"}


def check(function: Any, *tensors: Any, parameters: Mapping[str, torch.Tensor] | None = None, name: str | None = None,
          constants: str | Iterable[str] = (), reference: Callable[..., Any] | None = None,
          **keywords: Any) -> Report:
    """Compares the gradients that autograd gives with numeric ones, entry by entry.

        gradcheck.torch.check(MyFunction, x, W, 2.0)     # an autograd.Function: MyFunction.apply(x, W, 2.0)
        gradcheck.torch.check(module, x)                 # an nn.Module, with its named_parameters
        gradcheck.torch.check(lambda x: f(x).sum(), x)   # a callable

    tensors     what it is called with: tensors on any device, and whatever else it takes, handed on as it is. If one
                of them requires grad, those that do not are constants; if none does, all floating ones are checked.
    parameters  further tensors that the function reads, by name; a module's own are found
    constants   names of tensors without a gradient, as in forward's signature
    reference   a function of tensors in float64, to differentiate in place of the function. For one in float32 that
                also runs in float64 (nothing else than its arguments and parameters decide that), it is the function
                itself. One in half precision is compared with it as a candidate: see check_candidate.

    Keywords are those of check_layer, but forward_batch. Every tensor, .grad, buffer, generator state and mode is left
    as found; each forward starts from the same generator state, so dropout has one mask.
    """
    call = _Call(function, tensors, parameters, constants, name)
    with call.kept():
        half = call.half_precision()
        if half is not None:
            return _check_half(call, half, reference, **keywords)
        wide = _wide(call, reference)
        return check_subject(call.subject(), constants=call.constant, reference=wide, **keywords)


def _wide(call: _Call, reference: Callable[..., Any] | None) -> Subject | None:
    """The function in float64 beside one in float32, if it runs there; None: no other than itself."""
    if reference is not None:
        return call.other(reference).subject()
    if not call.has_float32() or call.reads_float32():
        return None
    wide = call.widened()
    try:
        wide.forward(*wide.arrays.values())
    except Exception:  # it wants float32
        return None
    return wide.subject()


def _check_half(call: _Call, precision: str, reference: Callable[..., Any] | None, **keywords: Any) -> Report:
    from .candidate import check_subjects
    wide = call.other(reference) if reference is not None else call.widened()
    try:
        wide.forward(*wide.arrays.values())
    except Exception as error:
        raise Error(f"{call.name}: is in {precision}, which is judged against a function in float64; called with "
                    f"float64 it raised {type(error).__name__}: {error}") from error
    return check_subjects(call.subject(), wide.subject(), precision, constants=call.constant, **keywords)


class _Call:
    """A function of tensors as one of arrays, with a graph behind its last outputs."""

    def __init__(self, function: Any, arguments: tuple[Any, ...], parameters: Mapping[str, torch.Tensor] | None,
                 constants: str | Iterable[str], name: str | None):
        coverage.note(function)
        self._function, self._arguments = function, arguments
        self._module = function if isinstance(function, torch.nn.Module) else None
        self.call = function.apply if _is_function_class(function) else function
        if isinstance(function, type) and issubclass(function, torch.nn.Module):
            raise Error(f"function: has the class {function.__name__}, expected a module: {function.__name__}(...)")
        if not callable(self.call):
            raise Error(f"function: has a {type(function).__name__}, expected an autograd.Function, a module or a "
                        "callable")
        self.name = name or _name_of(function)
        self.parameters = _parameters(self._module, parameters)
        self._places = _input_names(function, arguments, self.parameters)
        if not self._places:
            raise Error(f"{self.name}: has no tensors among its arguments, expected at least one")
        self.constant = self._constants(constants)
        self.arrays = {key: _to_array(arguments[k], key) for key, k in self._places.items()}
        self._generators = _generator_states()

    def _constants(self, given: str | Iterable[str]) -> set[str]:
        tensors = {key: self._arguments[k] for key, k in self._places.items()}
        named = arrays.constants_of({key: np.zeros(0) for key in tensors}, given)
        asked = any(tensor.requires_grad for tensor in tensors.values())
        return named | {key for key, tensor in tensors.items()
                        if not tensor.is_floating_point() or (asked and not tensor.requires_grad)}

    def _floating(self) -> list[torch.Tensor]:
        inputs = [self._arguments[k] for key, k in self._places.items() if key not in self.constant]
        return inputs + list(self.parameters.values())

    def half_precision(self) -> str | None:
        """Its type, if something in half precision is to be checked."""
        return next((_HALF[tensor.dtype] for tensor in self._floating() if tensor.dtype in _HALF), None)

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
        other._arguments = tuple(_widened(one) for one in self._arguments)
        other.arrays = {key: _to_array(other._arguments[k], key) for key, k in self._places.items()}
        return other

    def widened(self) -> _Call:
        """The function itself on float64; of a module a copy."""
        if self._module is None:
            return self.other(self.call)
        copies: dict[int, Any] = {}
        module = copy.deepcopy(self._module, copies).double()
        other = self.other(module)
        other._module = module
        other.parameters = {key: copies.get(id(one), one) for key, one in self.parameters.items()}
        return other

    def subject(self) -> Subject:
        places = {key: (_Value(key, tensor), _Gradient(key, tensor, self))
                  for key, tensor in self.parameters.items()}
        return Subject(self.forward, self.backward, self.arrays, places, self.name)

    def forward(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """The outputs through which gradients flow, in float64 or float32."""
        _set_generator_states(self._generators)
        self._restore_buffers()
        self._leaves, given = {}, list(self._arguments)
        for (key, k), x in zip(self._places.items(), inputs):
            given[k] = self._argument(key, k, x)
        with torch.enable_grad():
            returned = self.call(*given)
            self._outputs = [one for one in _tensors_in(returned) if one.requires_grad]
        if not self._outputs:
            raise Error(f"returned {_kinds(returned)}, expected a tensor that requires grad")
        self._hand_back_writes(given, inputs)
        return tuple(_to_array(one, f"output {k}") for k, one in enumerate(self._outputs))

    def _argument(self, key: str, k: int, x: np.ndarray) -> torch.Tensor:
        """A tensor that the function may write to: no leaf. Strides other than NumPy's usual ones are kept."""
        like = self._arguments[k]
        tensor = _from_array(x, like)
        if key in self.constant:
            return tensor
        leaf = self._leaves[key] = tensor.requires_grad_()
        with torch.enable_grad():
            return leaf.clone() if x.flags.c_contiguous else leaf

    def _hand_back_writes(self, given: list[Any], inputs: Iterable[np.ndarray]) -> None:
        """Shows what was written to inputs that are no outputs: writing in place to those is declared."""
        written = {one.data_ptr() for one in self._outputs}
        for (_, k), x in zip(self._places.items(), inputs):
            if given[k].data_ptr() not in written and x.flags.writeable:
                x[...] = _to_array(given[k], "input")

    def backward(self, *dy: np.ndarray) -> tuple[np.ndarray | None, ...]:
        """The gradients of the inputs; those of the parameters are kept in `gradients`."""
        upstreams = [_from_array(one, y) for one, y in zip(dy, self._outputs)]
        wanted = [*self._leaves.values(), *self.parameters.values()]
        found = torch.autograd.grad(self._outputs, wanted, upstreams, retain_graph=True, allow_unused=True)
        for upstream, one in zip(upstreams, dy):
            if one.flags.writeable:
                one[...] = _to_array(upstream, "upstream")
        gradients = [np.zeros(tuple(one.shape)) if g is None else _to_array(g, "gradient")
                     for g, one in zip(found, wanted)]
        self.gradients = dict(zip(self.parameters, gradients[len(self._leaves):]))
        of_inputs = dict(zip(self._leaves, gradients))
        return tuple(of_inputs.get(key) for key in self._places)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Leaves generators, buffers and modes as they were found."""
        self._buffers = {} if self._module is None else {key: one.clone() for key, one in self._module.named_buffers()}
        modes = [] if self._module is None else [(one, one.training) for one in self._module.modules()]
        try:
            with _require_grad(self.parameters.values()):
                yield
        finally:
            self._restore_buffers()
            for module, training in modes:
                module.training = training
            _set_generator_states(self._generators)

    def _restore_buffers(self) -> None:
        if self._module is not None:
            for key, one in self._module.named_buffers():
                if key in self._buffers:
                    one.data.copy_(self._buffers[key])


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


def _input_names(function: Any, arguments: tuple[Any, ...], taken: Mapping[str, Any]) -> dict[str, int]:
    """The positions of the tensors among the arguments, by the names that forward's signature has for them."""
    forward = function.forward if hasattr(function, "forward") else function
    names: list[str] = []
    with contextlib.suppress(TypeError, ValueError):  # of a builtin, which has no signature
        signature = inspect.signature(forward).parameters.values()
        names = [one.name for one in signature if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if _is_function_class(function) and not _has_setup_context(function):
        names = names[1:]
    places = {}
    for k, argument in enumerate(arguments):
        if isinstance(argument, torch.Tensor):
            key = names[k] if k < len(names) else f"x{k}"
            while key in taken or key in places:
                key += "_"
            places[key] = k
    return places


def _has_setup_context(function: Any) -> bool:
    """Whether its forward takes no ctx, as from PyTorch 2.0 on."""
    base = getattr(torch.autograd.function, "_SingleLevelFunction", None)
    return base is not None and function.setup_context is not base.setup_context


def _widened(argument: Any) -> Any:
    if isinstance(argument, torch.Tensor) and argument.is_floating_point():
        return argument.detach().double().requires_grad_(argument.requires_grad)
    return argument


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


def _tensors_in(returned: Any) -> Iterator[torch.Tensor]:
    """The tensors of a result: one, or those in tuples, lists and dicts."""
    if isinstance(returned, torch.Tensor):
        yield returned
    elif isinstance(returned, Mapping):
        for one in returned.values():
            yield from _tensors_in(one)
    elif isinstance(returned, (tuple, list)):
        for one in returned:
            yield from _tensors_in(one)


def _kinds(returned: Any) -> str:
    if returned is None:
        return "None"
    tensors = list(_tensors_in(returned))
    return "no tensor" if not tensors else f"{len(tensors)} tensors without a gradient"


@contextlib.contextmanager
def _require_grad(tensors: Iterable[torch.Tensor]) -> Iterator[None]:
    """Lets leaves require grad."""
    changed = [one for one in tensors if one.is_leaf and not one.requires_grad]
    for one in changed:
        one.requires_grad_()
    try:
        yield
    finally:
        for one in changed:
            one.requires_grad_(False)


def _generator_states() -> list[Any]:
    states = [torch.get_rng_state()]
    return states + (torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [])


def _set_generator_states(states: list[Any]) -> None:
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state_all(states[1:])
