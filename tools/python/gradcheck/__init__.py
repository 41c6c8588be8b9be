"""Checks gradients that were written by hand, entry by entry, against numeric ones.

    import gradcheck
    report = gradcheck.check_layer(layer, [x], parameters={"W": "dW"})
    assert report, report

check_layer, assert_gradients, check_function   a layer, or a function, at a given point
check_points, check_at                          a layer at points that gradcheck chooses
check_candidate                                 a fused or low-precision layer against its reference
check_network, run_cases                        networks in gradcheck's language; case files
gradcheck.torch.check, gradcheck.jax.check      functions of PyTorch and JAX
"""
from .candidate import check_candidate
from .context import Context
from .errors import Error, GradientError
from .layer import assert_gradients, check_function, check_layer
from .library import version as __version__
from .network import check_network, run_cases
from .options import Progress
from .points import InputShape, Point, check_at, check_points
from .report import Report
from .shards import Shards

__all__ = ["Context", "Error", "GradientError", "InputShape", "Point", "Progress", "Report", "Shards",
           "assert_gradients", "check_at", "check_candidate", "check_function", "check_layer", "check_network",
           "check_points", "run_cases", "__version__"]
