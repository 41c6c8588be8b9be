"""Checks layers written in Python against numeric gradients, through gradcheck's C interface.

    import gradcheck
    report = gradcheck.check_layer(layer.forward, layer.backward, [x], parameters={"W": "dW"})
    assert report.agrees, report

One file: copy it, or put its folder on PYTHONPATH. It needs NumPy and libgradcheck_c.so, which is
looked for in $GRADCHECK_LIBRARY (its path), beside this file, in the build folders of the source
tree, and where the system keeps libraries.
"""
import ctypes
import ctypes.util
import glob
import inspect
import json
import os

import numpy as np

API_VERSION = 1
FLOAT64, FLOAT32 = 0, 1
VERDICTS = ["agree", "inconclusive", "disagree", "error"]
CONTRACTS = {None: 0, "assigns": 1, "adds": 2}
METHODS = {None: 0, "central": 1, "forward": 2}

_pointers = ctypes.POINTER(ctypes.c_void_p)
_Forward = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, _pointers, _pointers)
_ErrorText = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_shape = ctypes.POINTER(ctypes.c_size_t)


class Error(Exception):
    """The check could not be carried out: shapes that do not fit, a callable that raised."""


class _Struct(ctypes.Structure):
    """A struct of c_api.h; what is not given is zero."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class _Input(_Struct):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("shape", _shape),
                ("rank", ctypes.c_size_t), ("data", ctypes.c_void_p), ("low", ctypes.c_double),
                ("high", ctypes.c_double), ("constant", ctypes.c_int32), ("reserved", ctypes.c_int32)]


class _Parameter(_Struct):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("shape", _shape),
                ("rank", ctypes.c_size_t), ("value", ctypes.c_void_p), ("gradient", ctypes.c_void_p)]


class _Output(_Struct):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("shape", _shape),
                ("rank", ctypes.c_size_t)]


class _Layer(_Struct):
    _fields_ = [("struct_size", ctypes.c_size_t), ("name", ctypes.c_char_p),
                ("inputs", ctypes.POINTER(_Input)), ("input_count", ctypes.c_size_t),
                ("parameters", ctypes.POINTER(_Parameter)), ("parameter_count", ctypes.c_size_t),
                ("outputs", ctypes.POINTER(_Output)), ("output_count", ctypes.c_size_t),
                ("output_shape", ctypes.c_void_p), ("forward", _Forward), ("backward", _Forward),
                ("error_text", _ErrorText), ("context", ctypes.c_void_p),
                ("intended_deviation", ctypes.c_char_p), ("dtype", ctypes.c_int32),
                ("contract", ctypes.c_int32)]


class _Options(_Struct):
    _fields_ = [("struct_size", ctypes.c_size_t), ("rtol", ctypes.c_double),
                ("step", ctypes.c_double), ("seed", ctypes.c_uint64), ("method", ctypes.c_int32),
                ("gradients_only", ctypes.c_int32)]


def _library_paths():
    here = os.path.dirname(os.path.abspath(__file__))
    yield os.environ.get("GRADCHECK_LIBRARY", "")
    yield os.path.join(here, "libgradcheck_c.so")
    yield from sorted(glob.glob(os.path.join(here, "../../build/*/lib/libgradcheck_c.so")))


def _load():
    path = next(filter(os.path.exists, _library_paths()), None)
    path = path or ctypes.util.find_library("gradcheck_c")
    if not path:
        raise ImportError("gradcheck: libgradcheck_c.so is not found, expected its path in GRADCHECK_LIBRARY")
    library = ctypes.CDLL(path)
    for name in ("version", "last_error", "report_json", "report_text"):
        getattr(library, "gradcheck_" + name).restype = ctypes.c_char_p
    for name in ("report_json", "report_text", "report_free"):
        getattr(library, "gradcheck_" + name).argtypes = [ctypes.c_void_p]
    library.gradcheck_check_layer.argtypes = [
        ctypes.POINTER(_Layer), ctypes.POINTER(_Options), ctypes.POINTER(ctypes.c_void_p)]
    if library.gradcheck_api_version() != API_VERSION:
        raise ImportError(f"gradcheck: {path} has API version <{library.gradcheck_api_version()}>, "
                          f"expected {API_VERSION}")
    return library


_library = _load()
__version__ = _library.gradcheck_version().decode()


class Report:
    """What was found: `verdict`, `tensors` (a dict each, the worst entry among it), `json`; as a
    string, the report for people."""

    def __init__(self, handle):
        self.json = json.loads(_library.gradcheck_report_json(handle))
        self.text = _library.gradcheck_report_text(handle).decode()
        self.verdict = VERDICTS[_library.gradcheck_report_verdict(ctypes.c_void_p(handle))]
        self.tensors = [tensor for case in self.json["cases"] for tensor in case["tensors"]]

    @property
    def agrees(self):
        return self.verdict == "agree"

    def __str__(self):
        return self.text


class Context:
    """The `ctx` of forward(ctx, ...) and backward(ctx, ...), as torch.autograd.Function has it."""

    saved_tensors = ()
    needs_input_grad = ()

    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors


def check_layer(forward, backward, inputs, *, parameters=None, constants=(), name=None,
                contract=None, intended_deviation=None, gradients_only=False, rtol=0.0, step=0.0, method=None, seed=0):
    """Compares every entry of every gradient of a layer with a numeric one; returns a Report.

    forward(*inputs) returns an array, or a tuple of them; backward(*output_gradients) the gradients
    of the inputs of the last forward, in the same way (None for a constant one). A forward whose
    first parameter is called `ctx` is taken for torch's: both get a Context first.

    inputs      arrays, or a dict of them by name; one array for one input. The layer is checked in
                float32 if all that is not constant is float32, and in float64 otherwise.
    constants   names ("x0", "x1", ... in a list) of inputs without a gradient: labels, indices;
                those of an integer or boolean type are so without saying it
    parameters  {"W": "dW"}: attributes of the object whose method forward is, or
                {"W": (W, dW)}: arrays that forward reads and backward writes in place
    contract    "assigns" or "adds": what backward does with the dW that it finds
    intended_deviation  why backward is not forward's derivative, if that is on purpose
    gradients_only      whether side effects, stale caches and the like are not looked for
    rtol, step, method ("central", "forward"), seed   as of the gradcheck program

    Raises Error where nothing can be checked; the layer's own exception is its cause.
    """
    call = _Call(forward, backward, inputs, parameters or {}, constants)
    layer = call.layer(name)
    layer.contract = CONTRACTS[contract]
    layer.intended_deviation = intended_deviation and intended_deviation.encode()
    options = _Options(rtol=rtol, step=step, method=METHODS[method], seed=seed, gradients_only=gradients_only)
    handle = ctypes.c_void_p()
    status = _library.gradcheck_check_layer(layer, options, handle)
    call.restore()
    if call.interrupted:
        _library.gradcheck_report_free(handle)
        raise call.raised
    if status != 0:
        raise Error(_library.gradcheck_last_error().decode()) from call.raised
    try:
        return Report(handle.value)
    finally:
        _library.gradcheck_report_free(handle)


class _Call:
    """One layer on its way through the C interface: keeps alive what that points to."""

    def __init__(self, forward, backward, inputs, parameters, constants):
        self.context = Context()
        self.ctx = (self.context,) if _takes_ctx(forward) else ()
        self.forward_of, self.backward_of = forward, backward
        self.inputs = _named(inputs)
        self.constant = {key for key, x in self.inputs.items() if key in constants or x.dtype.kind in "biu"}
        self.dtype = _common_dtype([x for key, x in self.inputs.items() if key not in self.constant])
        self.types = [x.dtype if key in self.constant else self.dtype for key, x in self.inputs.items()]
        self.inputs = {key: np.array(x, self.dtype, order="C") for key, x in self.inputs.items()}
        self.context.needs_input_grad = tuple(key not in self.constant for key in self.inputs)
        self.parameters = {key: _Place(forward, key, where, self.dtype) for key, where in parameters.items()}
        self.raised = None
        self.outputs = self._first_outputs()

    def layer(self, name):
        """The struct that describes it."""
        name = name or _name_of(self.forward_of)
        inputs = [_Input(name=key.encode(), shape=_extents(x.shape), rank=x.ndim, data=x.ctypes.data,
                         constant=key in self.constant) for key, x in self.inputs.items()]
        parameters = [_Parameter(name=key.encode(), shape=_extents(place.value.shape), rank=place.value.ndim,
                                 value=place.value.ctypes.data, gradient=place.gradient.ctypes.data)
                      for key, place in self.parameters.items()]
        outputs = [_Output(shape=_extents(y.shape), rank=y.ndim) for y in self.outputs]
        self.callbacks = (_Forward(self._forward), _Forward(self._backward), _ErrorText(self._error_text))
        return _Layer(
            name=name.encode(), inputs=_array(_Input, inputs), input_count=len(inputs),
            parameters=_array(_Parameter, parameters), parameter_count=len(parameters),
            outputs=_array(_Output, outputs), output_count=len(outputs), forward=self.callbacks[0],
            backward=self.callbacks[1], error_text=self.callbacks[2],
            dtype=FLOAT32 if self.dtype == np.float32 else FLOAT64)

    def restore(self):
        for place in self.parameters.values():
            place.give_back()

    def _first_outputs(self):
        """Those of one forward, for their shapes."""
        try:
            return [np.array(y, self.dtype, order="C") for y in self._run_forward(self.inputs.values())]
        except Exception as error:
            raise Error(f"forward: raised {type(error).__name__}: {error}") from error

    def _run_forward(self, inputs):
        x = [np.array(x, dtype) for x, dtype in zip(inputs, self.types)]  # which it may keep
        return _tuple_of(self.forward_of(*self.ctx, *x))

    def _run_backward(self, dy):
        gradients = _tuple_of(self.backward_of(*self.ctx, *dy))
        if len(gradients) != len(self.inputs):
            raise ValueError(f"backward: has returned <{len(gradients)}> gradients, expected "
                             f"{len(self.inputs)}, one for each input")
        return gradients

    def _forward(self, _, inputs, outputs):
        def run():
            for place in self.parameters.values():
                place.put_value()
            x = [_view(inputs[k], like) for k, like in enumerate(self.inputs.values())]
            _fill(outputs, self.outputs, self._run_forward(x), "forward", "output")
        return self._guarded(run)

    def _backward(self, _, upstream, gradients):
        def run():
            for place in self.parameters.values():
                place.put_gradient()
            dy = [_view(upstream[k], like).copy() for k, like in enumerate(self.outputs)]
            _fill(gradients, self.inputs.values(), self._run_backward(dy), "backward", "gradient")
            for place in self.parameters.values():
                place.take_gradient()
        return self._guarded(run)

    def _guarded(self, run):
        if self.interrupted:
            return 1
        try:
            run()
            return 0
        except BaseException as error:  # handed on by check_layer: nothing may cross C
            self.raised = error
            return 1

    @property
    def interrupted(self):
        """By Ctrl-C or the like, which is no trouble of the layer's."""
        return self.raised is not None and not isinstance(self.raised, Exception)

    def _error_text(self, _, __):
        self.text = ctypes.create_string_buffer(f"{type(self.raised).__name__}: {self.raised}".encode())
        return ctypes.addressof(self.text)


class _Place:
    """A parameter: arrays in C's reach, and where the layer has its own."""

    def __init__(self, forward, key, where, dtype):
        self.owner = getattr(forward, "__self__", None) if isinstance(where, str) else None
        self.key, self.where = key, where
        if isinstance(where, str) and self.owner is None:
            raise Error(f"{key}: has the attribute name <{where}>, expected forward to be an object's method")
        original = getattr(self.owner, key) if self.owner is not None else where[0]
        self.original = np.array(original)
        self.value = np.array(original, dtype, order="C")
        self.gradient = np.zeros_like(self.value)

    def put_value(self):
        if self.owner is not None:
            setattr(self.owner, self.key, self.value.copy())
        else:
            self.where[0][...] = self.value

    def put_gradient(self):
        if self.owner is not None:
            setattr(self.owner, self.where, self.gradient.copy())
        else:
            self.where[1][...] = self.gradient

    def take_gradient(self):
        found = getattr(self.owner, self.where) if self.owner is not None else self.where[1]
        if np.shape(found) != self.gradient.shape:
            raise ValueError(f"gradient of {self.key}: has shape <{np.shape(found)}>, expected "
                             f"{self.gradient.shape}")
        self.gradient[...] = found

    def give_back(self):
        self.value[...] = self.original
        self.put_value()


def _takes_ctx(forward):
    try:
        return next(iter(inspect.signature(forward).parameters), None) == "ctx"
    except ValueError:  # of a builtin, which has no signature
        return False


def _name_of(forward):
    """That of the class whose method it is, or its own."""
    owner = getattr(forward, "__self__", None)
    if owner is not None:
        return (owner if isinstance(owner, type) else type(owner)).__name__
    name = getattr(forward, "__qualname__", type(forward).__name__)
    return name.split("<locals>.")[-1].removesuffix(".forward")


def _named(inputs):
    if isinstance(inputs, dict):
        return {key: np.asarray(x) for key, x in inputs.items()}
    if isinstance(inputs, np.ndarray):
        inputs = [inputs]
    names = ["x"] if len(inputs) == 1 else [f"x{k}" for k in range(len(inputs))]
    return {key: np.asarray(x) for key, x in zip(names, inputs)}


def _common_dtype(arrays):
    single = bool(arrays) and all(x.dtype == np.float32 for x in arrays)
    return np.dtype(np.float32 if single else np.float64)


def _tuple_of(result):
    return tuple(np.asarray(y) if y is not None else None for y in result) \
        if isinstance(result, (tuple, list)) else (np.asarray(result),)


def _extents(shape):
    return (ctypes.c_size_t * len(shape))(*shape)


def _array(struct, items):
    return (struct * len(items))(*items)


def _view(pointer, like):
    """The buffer at a pointer as an array, shaped as `like`."""
    buffer = (ctypes.c_char * like.nbytes).from_address(pointer)
    return np.frombuffer(buffer, like.dtype).reshape(like.shape)


def _fill(pointers, likes, results, call, what):
    """Copies what a callable returned into C's buffers; None stands for no gradient."""
    for k, (like, result) in enumerate(zip(likes, results)):
        if not pointers[k]:
            continue
        if result is None:
            raise ValueError(f"{call}: has returned <None> as {what} {k}, expected an array")
        if result.shape != like.shape:
            raise ValueError(f"{call}: has shape <{result.shape}> as {what} {k}, expected {like.shape}")
        _view(pointers[k], like)[...] = result
