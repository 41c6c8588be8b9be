"""What users get wrong: an Error that begins with it, the user's own exception as its cause."""
import gc
import itertools

import gradcheck
import numpy as np
import pytest

X = np.linspace(-1.3, 1.7, 12).reshape(4, 3)


def identity(x):
    return x.copy()


class L:
    """y = 2 x, whose results can be replaced."""

    def __init__(self, y=None, dx=None):
        self.w, self.dw = np.array([2.0, 2, 2]), np.zeros(3)
        self._y, self._dx = y or (lambda y: y), dx or (lambda dx: dx)

    def forward(self, x):
        self.x = x
        return self._y(x * self.w)

    def backward(self, dy):
        self.dw = (dy * self.x).sum(axis=0)
        return self._dx(dy * self.w)


def message_of(*arguments, **keywords):
    with pytest.raises(gradcheck.Error) as caught:
        gradcheck.check_layer(*arguments, **keywords)
    return str(caught.value)


def test_results_that_are_none():
    assert message_of(L(dx=lambda dx: None), [X]) == \
        "backward of L returned None, expected (4, 3) for x: did it forget to return?"
    assert message_of(L(y=lambda y: None), [X]) == \
        "forward of L returned None, expected an array: did it forget to return?"
    assert message_of(lambda a, b: a + b, lambda dy: (dy, None), [X, X], name="L") == \
        "backward of L returned None as the gradient of x1, expected an array of shape (4, 3), or x1 among the constants"


def test_results_of_another_shape_or_number():
    assert message_of(L(dx=lambda dx: dx.T), [X]) == "backward of L returned shape (3, 4), expected (4, 3)"
    assert message_of(L(dx=lambda dx: dx.sum()), [X]) == "backward of L returned shape (), expected (4, 3)"
    assert message_of(L(dx=lambda dx: (dx, dx)), [X]) == \
        "backward of L returned 2 gradients, expected 1, one for each input: (4, 3) for x"
    assert message_of(L(y=lambda y: ()), [X]) == "forward of L returned no outputs, expected at least one array"
    sizes = itertools.chain([3], itertools.repeat(2))
    assert message_of(lambda x: x[:next(sizes)], identity, [X], name="L") == \
        "forward of L returned shape (2, 3), expected shape (3, 3), as for other numbers in inputs of these shapes"


def test_results_that_are_no_real_numbers():
    assert message_of(L(dx=lambda dx: dx + 7j), [X]) == \
        "backward of L returned complex numbers <complex128>, expected real ones"
    assert message_of(L(y=lambda y: y + 0j), [X]) == \
        "forward of L returned complex numbers <complex128>, expected real ones"
    assert message_of(L(y=lambda y: "y"), [X]).startswith("forward of L returned a str <<U1>, expected an array")


def test_inputs_that_are_no_real_numbers():
    assert message_of(L(), [X + 1j]).startswith("input x: has type <complex128>, expected real numbers")
    assert message_of(L(), [X.astype(np.float16)]).startswith("input x: has type <float16>, expected float64 or float32")
    assert message_of(L(), ["x"]).startswith("input x: has type <<U1>, expected")
    assert message_of(L(), [None]) == "input x: has <None>, expected an array"
    assert message_of(L()) == "inputs: has <None>, expected an array, a list of arrays, or a dict of them by name"
    assert message_of(L(), []) == "inputs: has no tensors, expected what forward is called with"
    assert message_of(L(), [np.arange(3)]) == \
        "L: has no input or parameter with a gradient <x int64>, expected one of type float64 or float32 that is not " \
        "among the constants"


def test_masks_are_not_lost_without_a_word():
    mask = lambda x: np.ma.masked_array(x, x > 1)
    told = " a masked array, expected numbers in all entries: masks are not supported; fill them, or pass the mask as " \
           "an input of its own"
    assert message_of(L(), [mask(X)]) == "input x: has" + told
    assert message_of(L(y=mask), [X]) == "forward of L returned" + told
    assert message_of(L(dx=mask), [X]) == "backward of L returned" + told
    assert gradcheck.check_layer(L(dx=lambda dx: np.ma.masked_array(dx, False)), [X])

    class Leaves(L):
        def backward(self, dy):
            dx = super().backward(dy)
            self.dw = np.ma.masked_array(self.dw, [0, 1, 0])
            return dx

    assert message_of(Leaves(), [X], parameters={"w": "dw"}) == "backward of Leaves left in dw" + told


def test_a_tensor_of_torch_is_sent_to_its_own_check():
    torch = pytest.importorskip("torch")
    assert "gradcheck.torch.check takes tensors" in message_of(L(), [torch.ones(3, requires_grad=True)])


def test_callables_that_are_none():
    assert message_of(3, identity, [X]) == \
        "forward: has a int, expected a callable, or one object with forward and backward"
    assert message_of(identity, None, [X]).startswith("backward: has a NoneType, expected a callable")


def test_parameters_that_there_are_not():
    assert message_of(L(), [X], parameters={"W": "dw"}) == \
        "parameters: has <W>, expected an attribute of L; did you mean w?"
    assert message_of(L(), [X], parameters={"w": "dv"}) == \
        "backward of L left no dv, expected the gradient of w there"
    assert message_of(L(), [X], parameters=["w"]) == \
        'parameters: has a list, expected a dict such as {"W": "dW"}'
    assert message_of(L(), [X], parameters={"w": 3}).startswith("parameters: has <'w': int>")
    assert message_of(identity, identity, [X], parameters={"w": "dw"}) == \
        "parameter w: has the attribute <dw>, expected forward to be an object's method"
    w = np.ones(3)
    assert "in the memory of its value" in message_of(identity, identity, [X], parameters={"w": (w, w)})
    layer = L()
    layer.w = np.array([2, 2, 2])
    assert message_of(layer, [X], parameters={"w": "dw"}) == \
        "parameter w: has type <int64>, expected float64 or float32"


def test_a_gradient_left_in_another_shape():
    class Averages(L):
        def backward(self, dy):
            self.dw = dy * self.x
            return dy * self.w

    assert message_of(Averages(), [X], parameters={"w": "dw"}) == \
        "backward of Averages left shape (4, 3) in dw, expected (3,), that of w"


def test_gradients_that_are_no_real_numbers():
    for left, told in [({}, "a dict <object>, expected an array of numbers"),
                       (np.full(3, 1j), "complex numbers <complex128>, expected real ones")]:
        class Leaves(L):
            def backward(self, dy):
                self.dw = left
                return dy * self.w

        assert message_of(Leaves(), [X], parameters={"w": "dw"}) == f"backward of Leaves left in dw {told}"


def test_texts_that_are_none():
    for keyword in ("name", "intended_deviation"):
        assert message_of(L(), [X], **{keyword: 3}) == f"{keyword}: has <3>, expected a text"
    for keyword in ("constants", "outputs", "only", "skip"):
        assert message_of(L(), [X], **{keyword: 3}) == f"{keyword}: has <3>, expected a text or a list of them"
        assert message_of(L(), [X], **{keyword: [3]}) == f"{keyword}: has <[3]>, expected a text or a list of them"
    assert gradcheck.check_layer(L(), [X], name="a\ud800b").cases[0]["id"] == "a\\ud800b"


class Hides(L):
    """Its parameter and the gradient cannot be set."""

    def __init__(self, give=lambda w: w):
        self._w, self._grads, self._y, self._dx = np.array([2.0, 3, 4]), {}, lambda y: y, lambda dx: dx
        self._give = give

    w = property(lambda self: self._give(self._w))
    dw = property(lambda self: self._grads.get("w"), lambda self, dw: self._grads.update(w=dw))


class ReadOnly(Hides):
    dw = property(Hides.dw.fget)

    def backward(self, dy):
        self._grads["w"] = (dy * self.x).sum(axis=0)
        return dy * self.w


class Slots:
    __slots__ = ("w", "dw", "x")

    def __init__(self):
        self.w = np.array([2.0, 3, 4])

    def forward(self, x):
        self.x = x
        return x * self.w

    def backward(self, dy):
        self.dw = (dy * self.x).sum(axis=0)
        return dy * self.w


@pytest.mark.parametrize("make", [Hides, ReadOnly, lambda: Hides(lambda w: w[:]), Slots])
def test_properties_and_slots_are_attributes_too(make):
    layer = make()
    assert gradcheck.check_layer(layer, [X], parameters={"w": "dw"})
    assert layer.w.tolist() == [2, 3, 4]
    assert not isinstance(layer, Slots) or not hasattr(layer, "dw")


def test_a_parameter_that_is_copied_at_each_look_is_told():
    told = message_of(Hides(np.copy), [X], parameters={"w": "dw"})
    assert told.startswith("forward of Hides was not called: parameter w: cannot be set (")

    class Settable(Hides):
        w = property(Hides.w.fget, lambda self, w: setattr(self, "_w", w))

    layer = Settable(np.copy)
    assert gradcheck.check_layer(layer, [X], parameters={"w": "dw"})
    assert layer.w.tolist() == [2, 3, 4]


def test_names_that_nothing_has():
    assert message_of(L(), {"data": X}, constants=["dta"]) == \
        "constants: has <dta>, expected names of inputs: data; did you mean data?"
    assert message_of(L(), [X], only="w") == "L: only has <w>, expected a name or glob of the tensors with a gradient: x"
    assert message_of(L(), [X], rtol={"b": 1e-3}) == \
        "L: rtols has <b>, expected a name or glob of the tensors with a gradient: x"
    assert message_of(L(), [X], outputs=["a", "b"]) == \
        "outputs: has 2 names, expected 1, one for each output with a gradient"


def test_options_that_mean_nothing():
    assert message_of(L(), [X], rtol=-1) == "options: rtol has <-1>, expected a finite number above 0, or 0 for the default"
    assert message_of(L(), [X], rtol="small") == "rtol: has <'small'>, expected a number"
    assert message_of(L(), [X], method="forwards") == "method: has <'forwards'>, expected \"central\", \"forward\" or None"
    assert message_of(L(), [X], contract="add") == "contract: has <'add'>, expected \"assigns\", \"adds\" or None"
    assert message_of(L(), [X], max_entries=0) == "max_entries: has <0>, expected a whole number above 0, or None"
    assert message_of(L(), [X], max_seconds=0) == "max_seconds: has <0>, expected a number above 0, or None"
    assert message_of(L(), [X], seed=-1) == "seed: has <-1>, expected a whole number from 0 to 2**64 - 1"
    with pytest.raises(TypeError, match="tolerance"):
        gradcheck.check_layer(L(), [X], tolerance=3)


def test_a_class_in_place_of_an_object():
    assert message_of(L, [X]) == "check_layer: has the class L, expected an object of it: L(...)"


def test_networks_and_cases_that_are_none():
    for arguments, message in [((3, {"x": X}), 'text: has a int, expected statements such as "L = sum(x @ W)"'),
                               (("L = sum(x)", [X]), "tensors: has a list, expected a dict of arrays by name")]:
        with pytest.raises(gradcheck.Error) as caught:
            gradcheck.check_network(*arguments)
        assert str(caught.value) == message
    with pytest.raises(gradcheck.Error, match="^paths: has a int, expected a path or a list of them$"):
        gradcheck.run_cases(3)


def test_what_progress_raises_is_the_cause():
    with pytest.raises(gradcheck.Error, match="^progress raised ZeroDivisionError: ") as caught:
        gradcheck.check_layer(L(), [X], progress=lambda now: 1 / 0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("call", ["forward", "backward"])
def test_what_a_callable_raises_is_the_cause(call):
    def fail(_):
        raise LookupError("no cache")

    layer = L(y=fail) if call == "forward" else L(dx=fail)
    with pytest.raises(gradcheck.Error, match=f"^{call} of L raised LookupError: no cache$") as caught:
        gradcheck.check_layer(layer, [X])
    assert isinstance(caught.value.__cause__, LookupError)
    frames = [entry.name for entry in pytest.ExceptionInfo.from_exc_info(
        (LookupError, caught.value.__cause__, caught.value.__cause__.__traceback__)).traceback]
    assert frames[-1] == "fail"


def test_whatever_happens_parameters_are_restored():
    def fail(_):
        raise LookupError

    layer = L(dx=fail)
    w = layer.w
    message_of(layer, [X], parameters={"w": "dw"})
    assert layer.w is w and layer.w.tolist() == [2, 2, 2]


def test_writes_to_inputs_and_upstreams_are_findings():
    class Writes(L):
        def forward(self, x):
            y = super().forward(x.copy())
            x[0, 0] = 99
            return y

        def backward(self, dy):
            dx = super().backward(dy)
            dy *= 2
            return dx

    report = gradcheck.check_layer(Writes(), [X])
    assert report.verdict == "disagree"
    assert "forward writes to its input x" in report.text and "backward writes to its upstream" in report.text


def test_a_parameter_that_forward_changes_is_a_finding():
    class Running(L):
        def forward(self, x):
            y = super().forward(x)
            self.w += 1e-3
            return y

    report = gradcheck.check_layer(Running(), [X], parameters={"w": "dw"})
    assert report.verdict == "disagree" and "changes the parameter w" in report.text


def test_nothing_is_leaked():
    def objects():
        gc.collect()
        return len(gc.get_objects())

    for _ in range(3):
        gradcheck.check_layer(L(), [X[:1]], gradients_only=True)
    before = objects()
    for _ in range(50):
        gradcheck.check_layer(L(), [X[:1]], gradients_only=True)
    assert objects() - before < 50
