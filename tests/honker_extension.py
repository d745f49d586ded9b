"""Where the tests find Honker's loadable extension: `DARWINFLOW_HONKER`, else `build/honker/`, fetched there once.

It is a library inside a wheel that need not install here (the package wants a newer C library than its
extension does), so it is downloaded and unpacked, never installed and never imported.
"""

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

VERSION = "0.5.0"
FOLDER = Path(__file__).parent.parent / "build" / "honker"
LIBRARY = FOLDER / "libhonker_ext.so"
_MEMBER = "honker/_lib/libhonker_ext.so"


class NoExtension(Exception):
    """Says why there is none; tests skip with it."""


def extension() -> str:
    """Raises `NoExtension`."""
    named = os.environ.get("DARWINFLOW_HONKER")
    if named:
        if not Path(named).is_file():
            raise NoExtension(f"DARWINFLOW_HONKER names {named}, which is no file")
        return named
    if not LIBRARY.is_file():
        _fetch()
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
