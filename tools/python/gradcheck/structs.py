"""The structs, callbacks and functions of gradcheck/c_api.h, as ctypes has them."""
from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_double, c_int, c_int32, c_size_t, c_uint64, c_void_p
from typing import Any

FLOAT64, FLOAT32, FLOAT16, BFLOAT16 = 0, 1, 2, 3
OK, INVALID, CALLBACK_FAILED, NO_MEMORY, INTERNAL, STOPPED = 0, 1, 2, 3, 4, 5
STOP = 0x53544F50
VERDICTS = ("agree", "inconclusive", "disagree", "error")
CONTRACTS = {None: 0, "assigns": 1, "adds": 2}
METHODS = {None: 0, "central": 1, "forward": 2}

Call = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p)
CallBatch = ctypes.CFUNCTYPE(c_int, c_void_p, c_size_t, c_void_p, c_void_p)
ErrorText = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_int)
TakeFinding = ctypes.CFUNCTYPE(c_void_p, c_void_p, POINTER(c_int32))
Shape = POINTER(c_size_t)
Texts = POINTER(c_char_p)


class Struct(ctypes.Structure):
    """A struct of c_api.h; what is not given is zero."""

    def __init__(self, **fields: Any):
        super().__init__(struct_size=ctypes.sizeof(type(self)), **fields)


class Input(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("shape", Shape), ("rank", c_size_t),
                ("data", c_void_p), ("low", c_double), ("high", c_double), ("constant", c_int32),
                ("reserved", c_int32)]


class Parameter(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("shape", Shape), ("rank", c_size_t),
                ("value", c_void_p), ("gradient", c_void_p)]


class Output(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("shape", Shape), ("rank", c_size_t)]


class Layer(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("inputs", POINTER(Input)), ("input_count", c_size_t),
                ("parameters", POINTER(Parameter)), ("parameter_count", c_size_t), ("outputs", POINTER(Output)),
                ("output_count", c_size_t), ("output_shape", c_void_p), ("forward", Call), ("backward", Call),
                ("error_text", ErrorText), ("context", c_void_p), ("intended_deviation", c_char_p),
                ("dtype", c_int32), ("contract", c_int32),
                ("forward_batch", CallBatch), ("take_finding", TakeFinding), ("independent_rows", c_int32),
                ("reserved", c_int32)]


class Tolerance(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("rtol", c_double)]


class Progress(Struct):
    _fields_ = [("struct_size", c_size_t), ("case_id", c_char_p), ("tensor", c_char_p), ("case_number", c_size_t),
                ("case_count", c_size_t), ("done", c_size_t), ("entries", c_size_t), ("seconds", c_double)]


OnProgress = ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(Progress))


class Options(Struct):
    _fields_ = [("struct_size", c_size_t), ("rtol", c_double), ("step", c_double), ("seed", c_uint64),
                ("method", c_int32), ("gradients_only", c_int32),
                ("reference", POINTER(Layer)), ("only", Texts), ("only_count", c_size_t), ("skip", Texts),
                ("skip_count", c_size_t), ("rtols", POINTER(Tolerance)), ("rtol_count", c_size_t),
                ("max_entries", c_size_t), ("max_seconds", c_double), ("jobs", c_size_t), ("progress", OnProgress),
                ("progress_context", c_void_p), ("analytic_precision", c_int32), ("reserved", c_int32)]


class Tensor(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("shape", Shape), ("rank", c_size_t),
                ("data", c_void_p), ("role", c_int32), ("reserved", c_int32)]


class Network(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("text", c_char_p), ("tensors", POINTER(Tensor)),
                ("tensor_count", c_size_t), ("loss", c_char_p), ("all_values", c_int32), ("reserved", c_int32)]


class Run(Struct):
    _fields_ = [("struct_size", c_size_t), ("paths", Texts), ("path_count", c_size_t), ("filter", c_char_p),
                ("fail_fast", c_int32), ("allow_inconclusive", c_int32)]


class Extent(Struct):
    _fields_ = [("struct_size", c_size_t), ("symbol", c_char_p), ("size", c_size_t)]


class InputShape(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("extents", POINTER(Extent)), ("rank", c_size_t),
                ("low", c_double), ("high", c_double), ("labels_below", Extent)]


class Choice(Struct):
    """Of a size or a setting: its name, and the values to choose from."""
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("values", POINTER(c_double)), ("count", c_size_t)]


class Named(Struct):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("value", c_double)]


class Point(Struct):
    _fields_ = [("struct_size", c_size_t), ("sizes", POINTER(Named)), ("size_count", c_size_t),
                ("settings", POINTER(Named)), ("setting_count", c_size_t), ("tensors", POINTER(Tensor)),
                ("tensor_count", c_size_t), ("character", c_char_p)]


MakeLayer = ctypes.CFUNCTYPE(c_void_p, c_void_p, POINTER(Point))
ReleaseLayer = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
PointText = ctypes.CFUNCTYPE(c_void_p, c_void_p, POINTER(Point))


class Points(Struct):
    _fields_ = [("struct_size", c_size_t), ("make", MakeLayer), ("release", ReleaseLayer), ("context", c_void_p),
                ("inputs", POINTER(InputShape)), ("input_count", c_size_t), ("settings", POINTER(Choice)),
                ("setting_count", c_size_t), ("sizes", POINTER(Choice)), ("size_count", c_size_t),
                ("point_text", PointText), ("keep_parameters", c_int32), ("reserved", c_int32)]


PartWeight = ctypes.CFUNCTYPE(c_double, c_void_p, c_size_t, POINTER(c_void_p))
Part = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_size_t)


class Candidate(Struct):
    _fields_ = [("struct_size", c_size_t), ("layer", POINTER(Layer)), ("reference", POINTER(Layer)),
                ("roundings", c_double), ("part_weight", PartWeight), ("part", Part), ("context", c_void_p),
                ("batch_law", c_int32), ("storage", c_int32)]


def declare(library: ctypes.CDLL) -> None:
    """Tells ctypes the types of the library's functions. Raises AttributeError for one that is not there."""
    for name in ("version", "last_error"):
        getattr(library, "gradcheck_" + name).restype = c_char_p
    for name in ("report_json", "report_text"):
        function = getattr(library, "gradcheck_" + name)
        function.restype, function.argtypes = c_char_p, [c_void_p]
    library.gradcheck_report_verdict.argtypes = [c_void_p]
    library.gradcheck_report_free.argtypes, library.gradcheck_report_free.restype = [c_void_p], None
    for name, struct in (("layer", Layer), ("network", Network), ("points", Points),
                         ("candidate", Candidate)):
        getattr(library, "gradcheck_check_" + name).argtypes = [POINTER(struct), POINTER(Options), POINTER(c_void_p)]
    library.gradcheck_run_cases.argtypes = [POINTER(Run), POINTER(Options), POINTER(c_void_p)]


def extents(shape: tuple[int, ...]) -> ctypes.Array:
    """A shape as a C array."""
    return (c_size_t * len(shape))(*shape)


def array(struct: type, items: list) -> ctypes.Array:
    """Structs as a C array, which copies them."""
    return (struct * len(items))(*items)


def encoded(text: str | None) -> bytes | None:
    """A text as C has it, whatever is in it; None for null."""
    return None if text is None else text.encode(errors="backslashreplace")


def texts(items: list[str]) -> ctypes.Array:
    """Texts as a C array."""
    return (c_char_p * len(items))(*[encoded(item) for item in items])
