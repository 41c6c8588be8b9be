"""The samples in checks/examples/python run, and end well."""
import os
import pathlib
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples/python"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_a_sample_ends_well(name):
    if name.startswith("torch"):
        pytest.importorskip("torch")
    pytest_wanted = name.startswith("test_")
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "gradcheck.pytest_plugin"] if pytest_wanted else []
    done = subprocess.run([sys.executable, *command, str(EXAMPLES / name)], env=os.environ, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
