import os
import subprocess

import pytest

from honker_extension import NoExtension, extension


@pytest.fixture
def honker() -> str:
    """The path of the real extension."""
    try:
        return extension()
    except NoExtension as why:
        pytest.skip(str(why))


@pytest.fixture
def small_disk(tmp_path, request):
    """A disk of 1 MiB, or of what the test asks for."""
    size = getattr(request, "param", "1m")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
    )
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
