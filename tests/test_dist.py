"""The built wheel, installed in an empty environment, does the main job."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent


def checked(*command: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.timeout(300)
def test_the_wheel_in_an_empty_environment_runs_the_demo(tmp_path: Path) -> None:
    checked(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path / "dist", REPO)
    (wheel,) = (tmp_path / "dist").glob("darwinflow-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    # The locked versions, so that a new release of a dependency cannot fail this test by surprise.
    checked(python, "-m", "pip", "install", "--quiet", "--constraint", _locked(tmp_path), wheel)
    environ = {
        **os.environ,
        "DARWINFLOW_HOME": str(tmp_path / "home"),
        "PATH": f"{python.parent}:{os.environ['PATH']}",
    }
    environ.pop("PYTHONPATH", None)
    try:
        said = checked(python.parent / "darwinflow", "demo", tmp_path / "workspace", env=environ)
    finally:
        checked(python.parent / "darwinflow", "daemon", "stop", env=environ)
    assert "release-notes" in said
    assert "[edge-unknown-node]" in said


def _locked(folder: Path) -> Path:
    """requirements.lock as pip's constraints, which may carry no hashes."""
    lines = (REPO / "requirements.lock").read_text().splitlines()
    pins = [line.removesuffix("\\").strip() for line in lines if line and not line.startswith((" ", "#"))]
    target = folder / "constraints.txt"
    target.write_text("\n".join(pins) + "\n")
    return target
