"""Functions of JAX, where it is installed."""
import gradcheck
import numpy as np
import pytest

jax = pytest.importorskip("jax")

import gradcheck.jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

jax.config.update("jax_enable_x64", True)


def cube_with(factor):
    @jax.custom_vjp
    def cube(x):
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, dy: (factor * x**2 * dy,))
    return cube


X = np.linspace(-1.3, 1.7, 12).reshape(4, 3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_right_function_agrees_and_a_wrong_one_does_not(dtype):
    assert gradcheck.jax.check(cube_with(3), X.astype(dtype))
    assert gradcheck.jax.check(cube_with(2.9), X.astype(dtype)).verdict == "disagree"


def test_leaves_of_trees_have_names():
    def affine(params, x):
        return {"y": x @ params["W"] + params["b"], "s": x.sum()}

    report = gradcheck.jax.check(affine, {"W": np.ones((3, 2)), "b": np.zeros(2)}, X)
    assert report, report
    assert {"params['W']", "params['b']", "x"} <= {one["name"] for one in report.tensors}


def test_integers_are_constants():
    report = gradcheck.jax.check(lambda x, t: jnp.take_along_axis(x, t[:, None], 1), X, np.array([0, 2, 1, 1]))
    assert report, report


def test_mistakes_are_told():
    with pytest.raises(gradcheck.Error, match="function: has a int"):
        gradcheck.jax.check(3, X)
    with pytest.raises(gradcheck.Error, match="has 0 arrays among its arguments"):
        gradcheck.jax.check(jnp.sin)
