"""pytest: case files as tests, a fixture, and a gate that no backward goes unchecked.

    [tool.pytest.ini_options]
    gradcheck_paths = ["cases"]                # *.toml with a top-level `network` below these are collected
    gradcheck_coverage = ["mypackage.layers"]  # every class there that has a backward must have been checked

    def test_affine(gradcheck):
        gradcheck.assert_gradients(Affine(), [x], parameters={"W": "dW"})
"""
from __future__ import annotations

import importlib
import inspect
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

import gradcheck as package

from . import coverage

_TABLE = re.compile(r"^\s*\[")
_NETWORK = re.compile(r"^\s*(network|\"network\"|'network')\s*=")
_ENCODING = "utf-8-sig"  # with a byte order mark or without


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradcheck")
    group.addoption("--gradcheck-jobs", type=int, default=1, metavar="N",
                    help="threads for each case file (0: one for each processor)")
    parser.addini("gradcheck_paths", "files and folders whose case files are tests", type="args", default=["cases"])
    parser.addini("gradcheck_coverage", "modules whose classes with a backward must have been checked", type="args",
                  default=[])


def pytest_collect_file(file_path: pathlib.Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".toml" and _below(file_path, parent.config) and is_case(file_path):
        return CaseFile.from_parent(parent, path=file_path)
    return None


def _below(path: pathlib.Path, config: pytest.Config) -> bool:
    roots = [(config.rootpath / one).resolve() for one in config.getini("gradcheck_paths")]
    resolved = path.resolve()
    return any(root == resolved or root in resolved.parents for root in roots)


def is_case(path: pathlib.Path) -> bool:
    """Whether a TOML file has a network before its first table."""
    with open(path, encoding=_ENCODING, errors="replace") as file:
        for line in file:
            if _TABLE.match(line):
                return False
            if _NETWORK.match(line):
                return True
    return False


class CaseFile(pytest.File):
    """A case file, which is one test."""

    def collect(self) -> Iterator[pytest.Item]:
        yield CaseItem.from_parent(self, name="case")


class CaseFailure(Exception):
    """A case that does not agree, with its report."""

    def __init__(self, report: package.Report):
        super().__init__(str(report))
        self.report = report


class CaseItem(pytest.Item):
    """Runs a case; the report is the text of its failure."""

    def runtest(self) -> None:
        report = package.run_cases(self.path, jobs=self.config.getoption("--gradcheck-jobs"))
        if not report:
            raise CaseFailure(report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[pathlib.Path, int, str]:
        return self.path, _line_of_network(self.path), self.path.stem


def _line_of_network(path: pathlib.Path) -> int:
    with open(path, encoding=_ENCODING, errors="replace") as file:
        return next((k for k, line in enumerate(file) if _NETWORK.match(line)), 0)


@pytest.fixture(name="gradcheck")
def _gradcheck() -> Any:
    """The package: gradcheck.assert_gradients(layer, [x])."""
    return package


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    modules = session.config.getini("gradcheck_coverage")
    if modules and not session.config.option.collectonly:
        session.config.stash[_MISSING] = missing(modules)
        if session.config.stash[_MISSING] and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    findings = config.stash.get(_MISSING, [])
    if findings:
        terminalreporter.section("gradcheck coverage", red=True)
        for one in findings:
            terminalreporter.line(one)


_MISSING: pytest.StashKey[list[str]] = pytest.StashKey()


def missing(modules: list[str]) -> list[str]:
    """What is wrong with these modules: their classes with a backward of their own that were not checked in this
    process, and what keeps a module from being imported."""
    findings = []
    for module_name in modules:
        try:
            module = importlib.import_module(module_name)
        except Exception as error:
            findings.append(f"{module_name}: cannot be imported ({type(error).__name__}: {error})")
            continue
        findings += [f"{module_name}.{name}: has a backward that was never checked"
                     for name, one in inspect.getmembers(module, inspect.isclass)
                     if one.__module__ == module_name and "backward" in vars(one) and not coverage.was_checked(one)]
    return findings
