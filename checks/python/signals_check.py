"""Ctrl-C, alarms and the time limits of tests end a check at once, wherever they arrive."""
import os
import signal
import threading
import time

import gradcheck
import numpy as np
import pytest

X = np.linspace(-1.3, 1.7, 300).reshape(100, 3)


class Layer:
    """Counts its calls, and does something in the k-th."""

    def __init__(self, at=0, event=lambda: None):
        self.w, self.dw, self.calls, self.at, self.event = np.array([2.0, 3, 4]), np.zeros(3), 0, at, event

    def forward(self, x):
        self.calls += 1
        if self.calls == self.at:
            self.event()
        self.x = x
        return np.sin(x) * self.w

    def backward(self, dy):
        self.dw[...] = (np.sin(self.x) * dy).sum(axis=0)
        return np.cos(self.x) * dy * self.w


def check(layer):
    return gradcheck.check_layer(layer, [X], parameters={"w": "dw"})


def restored(layer, handler):
    return layer.w.tolist() == [2, 3, 4] and signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("at", [1, 2, 5, 40, 200])
def test_ctrl_c_in_user_code_ends_the_check(at):
    layer, handler = Layer(at, lambda: os.kill(os.getpid(), signal.SIGINT)), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        check(layer)
    assert layer.calls == at
    assert restored(layer, handler)


def test_ctrl_c_that_user_code_swallows_ends_the_check():
    class Swallows(Layer):
        def forward(self, x):
            try:
                return super().forward(x)
            except BaseException:
                return x

    layer = Swallows(7, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        check(layer)
    assert layer.calls == 7


@pytest.mark.parametrize("delay", np.linspace(0.001, 0.06, 25))
def test_ctrl_c_at_any_moment_ends_the_check(delay):
    layer, handler = Layer(), signal.getsignal(signal.SIGINT)
    timer = threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        while True:
            check(layer)
    timer.join()
    assert restored(layer, handler)


@pytest.mark.parametrize("kind", [TimeoutError, KeyboardInterrupt, RuntimeError])
def test_what_an_alarm_raises_is_no_refused_probe(kind):
    def raise_it(number, frame):
        raise kind("time is up")

    before = signal.signal(signal.SIGALRM, raise_it)
    try:
        for delay in np.linspace(0.002, 0.05, 10):
            layer = Layer()
            signal.setitimer(signal.ITIMER_REAL, delay)
            with pytest.raises(kind, match="time is up"):
                while True:
                    check(layer)
            assert layer.w.tolist() == [2, 3, 4]
            assert signal.getsignal(signal.SIGALRM) is raise_it
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_handler_that_returns_changes_nothing():
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    try:
        assert check(Layer(9, lambda: os.kill(os.getpid(), signal.SIGUSR1)))
        assert seen == [signal.SIGUSR1]
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, pytest.fail.Exception])
def test_other_ways_out_pass_through(kind):
    def leave():
        raise kind("out")

    layer = Layer(60, leave)
    with pytest.raises(kind):
        check(layer)
    assert layer.calls == 60


def test_nothing_is_called_after_an_interruption():
    """The check ends with the callback: no call follows, though thousands were due."""
    layer = Layer(20, lambda: os.kill(os.getpid(), signal.SIGINT))
    start = time.process_time()
    with pytest.raises(KeyboardInterrupt):
        check(layer)
    print(f"ended {time.process_time() - start:.3f} s of processor time after it began")
    assert layer.calls == 20


def test_a_check_in_another_thread_goes_on():
    reports = []
    thread = threading.Thread(target=lambda: reports.append(check(Layer())))
    thread.start()
    thread.join()
    assert reports[0].agrees


def test_ctrl_c_ends_a_run_over_cases():
    timer = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        while True:
            gradcheck.run_cases("cases")
    timer.join()
