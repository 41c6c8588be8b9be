"""Builds a wheel with libgradcheck_c.so inside: the library of GRADCHECK_LIBRARY, or one that CMake builds."""
import os
import pathlib
import re
import shutil
import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NAME = "libgradcheck_c.so"


def version() -> str:
    """That of the library."""
    text = (ROOT / "lib/gradcheck/version.hpp").read_text(encoding="utf-8")
    return re.search(r'version = "([^"]+)"', text)[1]


def library(folder: pathlib.Path) -> pathlib.Path:
    """The shared library: the one of GRADCHECK_LIBRARY, else one built here, for any processor of this kind."""
    given = os.environ.get("GRADCHECK_LIBRARY")
    if given:
        return pathlib.Path(given)
    build = folder.resolve() / "cmake"
    subprocess.run(["cmake", "-S", str(ROOT), "-B", str(build), "-DCMAKE_BUILD_TYPE=Release",
                    "-DGRADCHECK_BUILD_CHECKS=OFF", "-DGRADCHECK_BUILD_TOOLS=OFF"], check=True)
    subprocess.run(["cmake", "--build", str(build), "--target", "gradcheck_c", "--parallel",
                    str(os.cpu_count() or 1)], check=True)  # without a number, make starts all at once
    return next(build.glob(f"**/{NAME}"))


class BuildWithLibrary(build_py):
    """Puts the library beside the modules."""

    def run(self) -> None:
        super().run()
        target = pathlib.Path(self.build_lib) / "gradcheck" / NAME
        self.mkpath(str(target.parent))
        shutil.copyfile(library(pathlib.Path(self.build_lib).parent), target)


class BinaryDistribution(Distribution):
    """Has no extension modules, but is of one platform all the same."""

    def has_ext_modules(self) -> bool:
        return True


setup(version=version(), cmdclass={"build_py": BuildWithLibrary}, distclass=BinaryDistribution)
