"""The programs and shared libraries in a folder, and what readelf shows of them."""
import os
import subprocess


def is_linked(path):
    """Whether it is an ELF program or shared library (types 2 and 3), not an object file."""
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        head = file.read(18)
    return head[:4] == b"\x7fELF" and head[16:18] in (b"\x02\0", b"\x03\0")


def linked_files(folder):
    """Those below the folder, but for what CMake tries out for itself and what other projects built."""
    for where, folders, names in os.walk(folder):
        folders[:] = [one for one in folders if one not in ("CMakeFiles", "consumers")]
        yield from filter(is_linked, (os.path.join(where, name) for name in names))


def shown(option, path):
    return subprocess.run(["readelf", "--wide", option, path], capture_output=True, text=True, check=True).stdout
