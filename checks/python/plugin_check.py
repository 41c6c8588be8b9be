"""The pytest plugin, run by pytest's own tester."""
import pathlib

import pytest

pytest_plugins = ["pytester"]

RIGHT = 'title = "square"\nnetwork = "L = sum(x ** 2)"\n[parameters]\nx = [1, 2]\n[claims.gradient]\nx = [2, 4]\n'
WRONG = RIGHT.replace("[2, 4]", "[2, 5]")
LAYERS = """
class Double:
    def forward(self, x): return 2 * x
    def backward(self, dy): return 2 * dy
class Triple:
    def forward(self, x): return 3 * x
    def backward(self, dy): return 3 * dy
class Config: pass
"""
TEST = """
import numpy as np, layers
def test_double(gradcheck):
    gradcheck.assert_gradients(layers.Double(), [np.ones(3)])
"""


@pytest.fixture
def run(pytester):
    return lambda *arguments: pytester.runpytest_subprocess("-p", "gradcheck.pytest_plugin", *arguments)


def test_case_files_are_tests(pytester, run):
    for name, text in (("right", RIGHT), ("wrong", WRONG), ("other", "[tool.other]\nnetwork = 3\n")):
        path = pathlib.Path(pytester.path, "cases", "sub", f"{name}.toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    pathlib.Path(pytester.path, "outside.toml").write_text(WRONG)
    result = run("--gradcheck-jobs=2", "--junitxml=report.xml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*x*", "*5*"])
    report = pathlib.Path(pytester.path, "report.xml").read_text()
    assert "wrong" in report and "claims" in report


def test_other_paths_can_be_named(pytester, run):
    pytester.makeini("[pytest]\ngradcheck_paths = examples one.toml\n")
    pathlib.Path(pytester.path, "examples").mkdir()
    for name in ("examples/a.toml", "one.toml", "two.toml"):
        pathlib.Path(pytester.path, name).write_text(RIGHT)
    run().assert_outcomes(passed=2)


def test_the_fixture_raises_with_the_report(pytester, run):
    pytester.makepyfile(layers=LAYERS.replace("return 3 * dy", "return dy"))
    pytester.makepyfile(TEST.replace("Double", "Triple"))
    result = run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*GradientError*", "*constant factor*"])


def test_a_backward_that_was_never_checked_fails_the_run(pytester, run):
    pytester.makepyfile(layers=LAYERS)
    pytester.makepyfile(TEST)
    pytester.makeini("[pytest]\ngradcheck_coverage = layers\npythonpath = .\n")
    result = run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*layers.Triple: has a backward that was never checked*"])
    assert "layers.Double" not in result.stdout.str()
    pytester.makepyfile(TEST + "def test_triple(gradcheck):\n    gradcheck.assert_gradients(layers.Triple(), [np.ones(3)])\n")
    assert run().ret == pytest.ExitCode.OK


def test_a_module_that_cannot_be_imported_fails_the_run(pytester, run):
    pytester.makepyfile(layers=LAYERS)
    pytester.makepyfile(TEST)
    pytester.makeini("[pytest]\ngradcheck_coverage = elsewhere layers\npythonpath = .\n")
    result = run()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*elsewhere: cannot be imported (ModuleNotFoundError: *", "*layers.Triple: has a backward*"])


@pytest.mark.parametrize("text", [RIGHT.replace("network", "'network'"), "\ufeff" + RIGHT])
def test_case_files_are_known_however_they_are_written(pytester, run, text):
    path = pathlib.Path(pytester.path, "cases", "one.toml")
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    run().assert_outcomes(passed=1)
