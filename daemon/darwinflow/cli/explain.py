"""Say what a finding means, with an example that has it and the example mended."""

import argparse
import json
from collections.abc import Iterator
from textwrap import indent, wrap

from darwinflow.check.pages import MAIN, Page, codes, page_of
from darwinflow.cli.main import EXIT_OK, EXIT_USAGE, complain
from darwinflow.cli.terminal import Terminal, terminal_of

_WIDTH = 100
"""Columns of a paragraph at most, and where the output is no terminal."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "code",
        nargs="?",
        metavar="CODE",
        help="as it stands in brackets behind a finding; all codes where none is given",
    )
    parser.add_argument("--json", action="store_true", help="the same, as one JSON object")


def run(args: argparse.Namespace) -> int:
    terminal = terminal_of()
    if args.code is None:
        pages = [page for code in codes() if (page := page_of(code)) is not None]
        if args.json:
            print(json.dumps({"codes": [{"code": page.code, "title": page.title} for page in pages]}))
            return EXIT_OK
        width = max(len(page.code) for page in pages)
        for page in pages:
            print(terminal.fit(f"{page.code:<{width}}  {page.title}", terminal.width))
        return EXIT_OK
    code = args.code.strip("[]")
    page = page_of(code)
    if page is None:
        return _unknown(code)
    if args.json:
        print(json.dumps({**page._asdict(), "mended": {**page.failing, **page.mended}}))
        return EXIT_OK
    for line in lines_of(page, terminal):
        print(line)
    return EXIT_OK


def _unknown(code: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(code, codes(), n=1)
    return complain(
        f"no finding is called '{code}'" + (f"; did you mean '{near[0]}'?" if near else ""),
        f"darwinflow explain {near[0]}" if near else "darwinflow explain, for all codes",
        EXIT_USAGE,
    )


def lines_of(page: Page, terminal: Terminal) -> Iterator[str]:
    """The page as a terminal shows it."""
    width = min(terminal.width or _WIDTH, _WIDTH)
    yield f"{terminal.paint(page.code, 'strong')}: {page.title}"
    for paragraph in page.meaning.split("\n\n"):
        yield ""
        yield from wrap(paragraph, width, break_on_hyphens=False, break_long_words=False)
    yield ""
    yield terminal.paint("This fails:", "bad")
    named = len(page.failing) > 1 or MAIN not in page.failing
    yield from _files(page.failing, terminal, named=named)
    yield ""
    yield from wrap(page.says, width, break_on_hyphens=False, break_long_words=False)
    yield ""
    yield terminal.paint("Mended:", "good")
    yield from _files(page.mended, terminal, named=named or len(page.mended) > 1)


def _files(files: dict[str, str], terminal: Terminal, *, named: bool) -> Iterator[str]:
    for name, text in files.items():
        yield ""
        if named:
            yield f"  {terminal.paint(name, 'quiet')}"
        for line in text.splitlines():
            yield terminal.fit(indent(line, "    "), terminal.width)
