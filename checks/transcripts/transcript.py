"""Runs commands and compares what they print with what a file says: shared by
checks/transcripts/run and checks/readme/run. Times are compared by form, not by value."""
import difflib
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What counts as a time, with the blanks before it, since they vary with its width:
#   "0.012 s", "3 ms"; what is done in a second, "13.3k/s"; "seconds": 0.012 in JSON; time="0.012" in JUnit.
TIMES = [
    (re.compile(r"[ ]*(?<![\w.])\d+(\.\d+)?(e[-+]?\d+)? (ns|µs|us|ms|s|min)(?!\w)"), " TIME"),
    (re.compile(r"[ ]*(?<![\w.])\d+(\.\d+)?(e[-+]?\d+)?[kMGT]?/s(?!\w)"), " RATE"),
    (re.compile(r'("seconds": ?)[-+.\de]+'), r"\1TIME"),
    (re.compile(r'(\btime=")[-+.\de]+"'), r'\1TIME"'),
]


@dataclass
class Result:
    stdout: str
    stderr: str
    status: int


def normalised(text):
    for pattern, replacement in TIMES:
        text = pattern.sub(replacement, text)
    return text


def same(written, printed):
    return normalised(written) == normalised(printed)


def environment(program, bin_folder):
    os.symlink(os.path.abspath(program), os.path.join(bin_folder, "gradcheck"))
    kept = {name: value for name, value in os.environ.items()
            if name in ("HOME", "TMPDIR") or name.endswith("SAN_OPTIONS")}
    build = os.path.dirname(os.path.dirname(os.path.realpath(program)))
    return {**kept, "PATH": bin_folder + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8",
            "CHECKS": os.path.join(build, "checks"),  # where the checks' own programs and plugins are
            "TERM": "dumb", "COLUMNS": "80", "OPENBLAS_NUM_THREADS": "1"}


class Runner:
    """Runs command lines in one folder, with `gradcheck` meaning the given program."""

    def __init__(self, program, folder):
        self.program, self.folder, self.status = program, folder, 0

    def __enter__(self):
        self.bin = tempfile.TemporaryDirectory()
        self.environment = environment(self.program, self.bin.name)
        return self

    def __exit__(self, *_):
        self.bin.cleanup()

    def run(self, command):
        """`(exit N)` first: so that `echo $?` shows the status of the command before."""
        script = f"set -o pipefail\n(exit {self.status})\n{command}"
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        self.status = done.returncode
        return Result(done.stdout.decode("utf-8", "backslashreplace"),
                      done.stderr.decode("utf-8", "backslashreplace"), done.returncode)


def difference(where, expected, got):
    lines = difflib.unified_diff(normalised(expected).splitlines(), normalised(got).splitlines(),
                                 f"{where} (in the file)", f"{where} (printed)", lineterm="")
    return "\n".join(lines)


def find_program(given):
    program = given or os.environ.get("GRADCHECK") or os.path.join(ROOT, "build/release/tools/gradcheck")
    if not os.access(program, os.X_OK):
        sys.exit(f"program: has <{program}>, expected an executable (--program, or GRADCHECK=...)")
    return program


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def compare_file(path, renew, update):
    """Compares a file with itself renewed; `update` writes that. Returns whether they were the same."""
    old, new = read(path), renew(read(path))
    if same(old, new):
        return True
    print(difference(os.path.relpath(path, ROOT), old, new))
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write(new)
    return update
