#!/usr/bin/python3
"""Validates every case file below the given folders against cases/schema.json, and that a few broken ones do not pass.

Exits with 77, which CTest takes for skipped, where python3-jsonschema is missing.
"""

import json
import pathlib
import sys
import tomllib

BROKEN = [
    "netwrok = 'L = x'",
    "network = 3",
    "network = 'L = x'\n[inputs]\nx = true",
    "network = 'L = x'\n[claims.forwards]\nL = 1",
    "network = 'L = x'\n[update]\nsteps = 2",
    "network = 'L = x'\n[derivation]\nsteps = 'dx = 1'\ndigits = 'all'",
]


def main(folders):
    try:
        import jsonschema
    except ImportError:
        print("python3-jsonschema is missing: skipped")
        return 77
    schema = json.loads(pathlib.Path("cases/schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    validator = jsonschema.Draft4Validator(schema)
    failures = 0
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.toml")):
            for error in validator.iter_errors(tomllib.loads(path.read_text(encoding="utf-8"))):
                print(f"{path}: {'.'.join(map(str, error.path))}: {error.message}")
                failures += 1
    for text in BROKEN:
        if validator.is_valid(tomllib.loads(text)):
            print(f"passes, but should not: {text!r}")
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["cases"]))
