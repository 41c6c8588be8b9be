"""The package is installed as its README says, and works without the source tree's paths."""
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment that sees the system's packages, with the package in it."""
    pytest.importorskip("wheel")
    folder = tmp_path_factory.mktemp("package")
    made = subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(folder / "venv")],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no virtual environment (python3-venv): {made.stdout}{made.stderr}")
    source = folder / "source"
    shutil.copytree(ROOT / "tools/python", source / "tools/python", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    (source / "lib/gradcheck").mkdir(parents=True)
    shutil.copy(ROOT / "lib/gradcheck/version.hpp", source / "lib/gradcheck")
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}  # GRADCHECK_LIBRARY: nothing is built
    done = subprocess.run([str(folder / "venv/bin/python"), "-m", "pip", "install", "--no-build-isolation", "--no-index",
                           str(source / "tools/python")], capture_output=True, text=True, env=kept, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "venv/bin/python", {key: value for key, value in kept.items() if key != "GRADCHECK_LIBRARY"}


def run(environment, *arguments, **keywords):
    python, variables = environment
    return subprocess.run([str(python), *arguments], env=variables, capture_output=True, text=True, check=False, **keywords)


def test_the_installed_package_has_its_library(environment, tmp_path):
    code = ("import gradcheck, numpy as np; print(gradcheck.__file__, gradcheck.__version__); "
            "assert gradcheck.check_layer(lambda x: 2 * x, lambda dy: 2 * dy, [np.ones(3)])")
    done = run(environment, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "site-packages" in done.stdout


def test_pytest_finds_the_plugin(environment, tmp_path):
    (tmp_path / "test_one.py").write_text("def test_one(gradcheck):\n    assert gradcheck.check_layer\n")
    done = run(environment, "-m", "pytest", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_without_a_library_one_is_built_with_cmake(tmp_path):
    """What setup.py asks CMake for; a stand-in gives it the library of the tests in place of compiling one."""
    pytest.importorskip("wheel")
    (tmp_path / "bin").mkdir()
    cmake, calls = tmp_path / "bin/cmake", tmp_path / "calls"
    cmake.write_text("#!/bin/sh\n"
                     f'echo "$@" >> "{calls}"\n'
                     'if [ "$1" = --build ]; then mkdir -p "$2/lib" && '
                     f'cp "{os.environ["GRADCHECK_LIBRARY"]}" "$2/lib/libgradcheck_c.so"; fi\n')
    cmake.chmod(0o755)
    shutil.copytree(ROOT / "tools/python", tmp_path / "tools/python", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    (tmp_path / "lib/gradcheck").mkdir(parents=True)
    shutil.copy(ROOT / "lib/gradcheck/version.hpp", tmp_path / "lib/gradcheck")
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "GRADCHECK_LIBRARY")}
    done = subprocess.run([sys.executable, "setup.py", "-q", "bdist_wheel", "--dist-dir", str(tmp_path / "dist")],
                          cwd=tmp_path / "tools/python", env={**kept, "PATH": f"{tmp_path}/bin:{kept['PATH']}"},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    configured, built = calls.read_text().splitlines()
    assert configured.startswith(f"-S {tmp_path} -B ") and "-DGRADCHECK_BUILD_TOOLS=OFF" in configured
    assert built.split()[2:] == ["--target", "gradcheck_c", "--parallel", str(os.cpu_count())]
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert "gradcheck/libgradcheck_c.so" in zipfile.ZipFile(wheel).namelist()
    assert "any" not in wheel.stem.split("-")[-1]  # of one platform


def test_a_library_that_is_not_there_is_told(tmp_path):
    variables = {**os.environ, "GRADCHECK_LIBRARY": str(tmp_path / "none.so")}
    done = subprocess.run([sys.executable, "-c", "import gradcheck"], env=variables, capture_output=True, text=True,
                          check=False)
    assert "ImportError: gradcheck: GRADCHECK_LIBRARY has <" in done.stderr


def test_nothing_is_left_of_it_and_nothing_in_it_knows_where_it_was_built(environment):
    python, _ = environment
    packages = next((python.parents[1] / "lib").glob("python*/site-packages"))
    (library,) = packages.glob("gradcheck/libgradcheck_c.so")
    assert os.fsencode(ROOT) not in library.read_bytes()
    done = run(environment, "-m", "pip", "uninstall", "--yes", "gradcheck")
    assert done.returncode == 0, done.stderr
    assert not list(packages.glob("*gradcheck*"))
