"""The README's examples are run, and what they print is compared with what stands there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent
README = (REPO / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<about>[^\n]*))?\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
SHORT_ID = re.compile(r"\b[0-9a-f]{8}\b")

# What differs from run to run, on both sides.
VARYING = (
    (re.compile(r"\b(just now|\d+ (s|min|h|d|w) ago|yesterday \d\d:\d\d)"), "AGE"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "TOOK"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}\b"), "RUN-ID"),
    (SHORT_ID, "RUN"),
    (re.compile(r"\b(today|yesterday|\d+ [A-Z][a-z]{2}( \d{4})?) \d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00"), "TIME"),
    (re.compile(r"\bby \S+ on \S+?(?=,|$)", re.MULTILINE), "by USER on HOST"),
    (re.compile(r", commit [0-9a-f]{7}"), ""),
    (re.compile(r"\b(pid:?|process) \d+"), "process N"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r" $", re.MULTILINE), ""),
)


def settled(text: str) -> str:
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text.strip()


def blocks() -> Iterator[re.Match[str]]:
    """In the order of the page: a block that is named as a file stands for that file, from there on."""
    for block in BLOCK.finditer(README):
        about = block["about"] or ""
        if (block["kind"] == "console" and about != "not run") or "/" in about or "." in about:
            yield block


def commands(block: re.Match[str]) -> Iterator[tuple[str, str]]:
    """Each command with the output below it; in a block of *one command* the output may hold prompts itself."""
    most = 1 if block["about"] == "one command" else 0
    for part in re.split(r"^\$ ", block["body"], maxsplit=most, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


class Shell:
    """Runs commands in *folder*, where ids of the page's runs stand for those that really came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            **os.environ,
            "DARWINFLOW_HOME": str(folder.parent / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self._real: dict[str, str] = {}

    def compare(self, command: str, expected: str) -> None:
        typed = SHORT_ID.sub(lambda found: self._real.get(found[0], found[0]), command)
        done = subprocess.run(
            ["bash", "-c", f"{{ {typed}\n}} 2>&1"],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout.replace(str(self.folder), "~")
        assert settled(said) == settled(expected), f"$ {typed}\n{said}"
        self._real.update(zip(SHORT_ID.findall(expected), SHORT_ID.findall(said), strict=True))


@pytest.mark.timeout(240)
def test_every_console_example_prints_what_stands_in_the_readme(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    count = 0
    try:
        for block in blocks():
            if block["kind"] != "console":
                file = tmp_path / block["about"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block["body"], encoding="utf-8")
                continue
            for command, expected in commands(block):
                shell.compare(command, expected)
                count += 1
    finally:
        subprocess.run(["darwinflow", "daemon", "stop"], env=shell.environ, check=False, capture_output=True)
    print(f"\n{count} commands of the README")
    assert count >= 10, "the README has lost its examples"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (REPO / link).exists()] == []
