"""What holds for every command: help, unknown names, errors in two lines, exit codes, faults of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import forked
from darwinflow.cli.main import COMMANDS
from darwinflow.rpc.protocol import EXIT_OTHER_SERVES


def darwinflow(*arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    return forked.darwinflow(*arguments, cwd=cwd, environ={**os.environ, **environ})


def test_every_command_has_help_that_names_it() -> None:
    overview = darwinflow("--help")
    assert overview.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in overview.stdout
        said = darwinflow(name, "--help")
        assert said.returncode == 0, said.stderr
        assert said.stdout.startswith(f"usage: darwinflow {name}")


def test_no_command_shows_the_overview_and_counts_as_wrong_usage() -> None:
    said = darwinflow()
    assert said.returncode == 2
    assert "commands:" in said.stdout


def test_a_misspelt_command_is_told_from_the_one_that_was_meant() -> None:
    said = darwinflow("lineag")
    assert said.returncode == 2
    assert (
        said.stderr
        == "error: there is no command 'lineag'; did you mean 'lineage'?\ntry: darwinflow lineage\n"
    )


@pytest.mark.parametrize(
    ("arguments", "error", "advice"),
    [
        (
            "runs list --limit many",
            "--limit takes a whole number from 1 to 500, not 'many'",
            "darwinflow runs list --help",
        ),
        ("runs list --limit", "--limit needs a value", "darwinflow runs list --help"),
        ("runs list --limt 3", "no option '--limt'; did you mean '--limit'?", "darwinflow runs list --limit"),
        ("runs", "list|show|compare|tail|delete|pin|restore|import is missing", "darwinflow runs --help"),
        (
            "runs shw",
            "one of 'list', 'show', 'compare', 'tail', 'delete', 'pin', 'restore', 'import', not 'shw'; did you mean 'show'?",
            "darwinflow runs show",
        ),
        ("runs show", "RUN is missing", "darwinflow runs show --help"),
        ("lineage a b", "'b' is one argument too many", "darwinflow lineage --help"),
        ("lineage a --json=yes", "--json takes no value", "darwinflow lineage --help"),
        ("check --json", "did you mean '--format json'?", "darwinflow check --format json"),
        ("check --format xml", "--format takes one of 'text', 'json'", "darwinflow check --help"),
        ("check --st", "'--st' may be any of --strict, --stdin-path", "darwinflow check --help"),
    ],
)
def test_wrong_usage_is_one_error_and_one_way_on(arguments: str, error: str, advice: str) -> None:
    said = darwinflow(*arguments.split())
    assert said.returncode == 2
    first, second = said.stderr.splitlines()
    assert first.startswith("error: ")
    assert error in first
    assert second == f"try: {advice}"


def test_the_daemon_program_tells_wrong_usage_the_same_way_and_names_its_exit_codes() -> None:
    daemon = [sys.executable, "-m", "darwinflow.daemon.main"]
    said = subprocess.run([*daemon, "--bogus"], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert said.stderr == "error: darwinflowd has no option '--bogus'\ntry: darwinflowd --help\n"
    told = subprocess.run([*daemon, "--help"], capture_output=True, text=True, check=True).stdout
    assert f"{EXIT_OTHER_SERVES} where another daemon serves the same home" in " ".join(told.split())


def test_a_file_that_is_not_there_is_one_error_and_one_way_on(tmp_path: Path) -> None:
    said = darwinflow("lineage", "flows/none.yaml", cwd=tmp_path, DARWINFLOW_HOME=str(tmp_path / "home"))
    assert said.returncode == 1
    assert said.stderr == "error: there is no file 'flows/none.yaml'\ntry: name a workflow's id or its file\n"


def test_a_fault_of_ours_keeps_its_traceback_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('broken on purpose')\n")
    said = darwinflow("lineage", "x", PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    assert said.returncode == 3
    assert "Traceback" not in said.stderr
    (report,) = tmp_path.glob("darwinflow-lineage-*.txt")
    assert str(report) in said.stderr
    assert "broken on purpose" in report.read_text()


def test_a_broken_pipe_that_is_not_ours_to_write_is_a_fault(tmp_path: Path) -> None:
    """One that leads to another program than the reader of our output."""
    (tmp_path / "json.py").write_text("import errno\nraise BrokenPipeError(errno.EPIPE, 'Broken pipe')\n")
    said = darwinflow("lineage", "x", PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    assert said.returncode == 3
    assert said.stderr.startswith("error: a fault of darwinflow's own stopped 'lineage': BrokenPipeError\n")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A flow with more findings than a pipe's buffer holds, and one with few."""
    nodes = "".join(f"  - {{id: n{number}, type: NOPE}}\n" for number in range(400))
    (tmp_path / "many.yaml").write_text(f"id: many\nversion: 1\nnodes:\n{nodes}edges: []\n")
    (tmp_path / "few.yaml").write_text("id: few\nversion: 1\nnodes: [{id: a, type: NOPE}]\nedges: []\n")
    return tmp_path


def in_shell(folder: Path, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """*line* in bash, where `darwinflow` is ours."""
    said = subprocess.run(
        ["bash", "-c", f'darwinflow() {{ {sys.executable} -m darwinflow.cli.main "$@"; }}; {line}'],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(folder / "home"), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in said.stderr
    assert "Exception ignored" not in said.stderr
    return said


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("darwinflow --help | head -1", "0 0"),
        ("darwinflow check few.yaml | true", "1 0"),
        ("darwinflow check many.yaml | head -1", "141 0"),
    ],
)
def test_a_reader_that_goes_away_hides_no_failure(broken: Path, line: str, codes: str) -> None:
    said = in_shell(broken, f'{line}; echo "${{PIPESTATUS[@]}}"')
    assert said.stdout.splitlines()[-1] == codes
    assert said.stderr == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_change_no_exit_code(broken: Path, closed: str) -> None:
    assert in_shell(broken, f"darwinflow check few.yaml {closed}").returncode == 1
    assert in_shell(broken, f"darwinflow check - {closed}").returncode == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", ["--help", "check --help", "check few.yaml", "check many.yaml", "explain"]
)
def test_output_that_cannot_be_written_is_told(broken: Path, arguments: str, unbuffered: str) -> None:
    said = in_shell(broken, f"darwinflow {arguments} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert said.returncode == 1
    assert said.stderr.splitlines()[0] == "error: standard output cannot be written: No space left on device"
    assert [line.split(" ")[0] for line in said.stderr.splitlines()] == ["error:", "try:"]


def test_errors_that_nobody_can_be_told_keep_their_exit_code(broken: Path) -> None:
    assert in_shell(broken, "darwinflow bogus 2>/dev/full").returncode == 2
    assert in_shell(broken, "darwinflow check few.yaml 2>/dev/full").returncode == 1


def test_names_that_the_terminal_cannot_show_are_spelled_out(tmp_path: Path) -> None:
    said = in_shell(tmp_path, "darwinflow lineage flows/ä.yaml", PYTHONIOENCODING="ascii")
    assert said.stderr.splitlines()[0] == r"error: there is no file 'flows/\xe4.yaml'"
    (tmp_path / "ä.yaml").write_text("id: few\nversion: 1\nnodes: [{id: a, type: NOPE}]\nedges: []\n")
    assert in_shell(tmp_path, "darwinflow check ä.yaml", PYTHONIOENCODING="ascii").returncode == 1


def test_an_interrupt_while_modules_are_imported_is_quiet(tmp_path: Path) -> None:
    """From the first module on that the way in needs."""
    hit = "import os, time, _signal\nos.kill(os.getpid(), _signal.SIGINT)\ntime.sleep(5)\n"
    (tmp_path / "enum.py").write_text(hit)
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from darwinflow.cli.main import main; sys.exit(main(['runs', 'list']))",
        ],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout, said.stderr) == (130, "", "")
