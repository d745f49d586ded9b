"""Where the tests find Honker's loadable extension: `DARWINFLOW_HONKER`, else `build/honker/`, fetched there once.

It is a library inside a wheel that need not install here (the package wants a newer C library than its
extension does), so it is downloaded and unpacked, never installed and never imported.
"""

import os
import platform
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

VERSION = "0.5.0"
FOLDER = Path(__file__).parent.parent / "build" / "honker"
LIBRARY = FOLDER / "libhonker_ext.so"
_MEMBER = "honker/_lib/libhonker_ext.so"


class NoExtension(Exception):
    """Says why there is none; tests skip with it."""


def extension() -> str:
    """Raises `NoExtension`."""
    found = _found()
    if isinstance(found, NoExtension):
        raise NoExtension(*found.args)
    return found


@cache
def _found() -> str | NoExtension:
    """Looked for once a process, whatever comes of it: a machine without a network should not wait for each test."""
    named = os.environ.get("DARWINFLOW_HONKER")
    if named:
        return (
            named
            if Path(named).is_file()
            else NoExtension(f"DARWINFLOW_HONKER names {named}, which is no file")
        )
    try:
        if not LIBRARY.is_file():
            _fetch()
    except NoExtension as why:
        return why
    return str(LIBRARY)


def _fetch() -> None:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        raise NoExtension(
            f"no Honker wheel for {sys.platform} on {platform.machine()}; set DARWINFLOW_HONKER"
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--platform", f"manylinux_2_38_{platform.machine()}"]
    command += ["--dest", str(FOLDER), f"honker=={VERSION}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        raise NoExtension("pip could not download honker within 60 s") from None
    wheels = sorted(FOLDER.glob("honker-*.whl"))
    if done.returncode or not wheels:
        raise NoExtension(f"pip could not download honker {VERSION}: {done.stderr.strip()[-200:]}")
    with zipfile.ZipFile(wheels[-1]) as wheel:
        unpacked = LIBRARY.with_suffix(f".{os.getpid()}")
        unpacked.write_bytes(wheel.read(_MEMBER))
        unpacked.replace(LIBRARY)


if __name__ == "__main__":
    print(extension())
