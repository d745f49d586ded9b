"""How a program of ours tells that its arguments are wrong: one line says what, one what to try; exit code 2."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, cast

from darwinflow.model.exit_codes import EXIT_USAGE

_WORDED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"argument (\S+): expected .*"), r"\1 needs a value"),
    (re.compile(r"argument (\S+): ignored explicit argument .*"), r"\1 takes no value"),
    (re.compile(r"ambiguous option: (\S+) could match (.*)"), r"'\1' may be any of \2"),
    (re.compile(r"the following arguments are required: (.*)"), r"\1 is missing"),
)
"""What `argparse` says, and how we say it."""


class ArgumentParser(argparse.ArgumentParser):
    """As its base; of wrong arguments it tells the legal ones, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        for pattern, words in _WORDED:
            message = pattern.sub(words, message)
        self._refuse(message, f"{self.prog} --help")

    def _get_formatter(self) -> argparse.HelpFormatter:
        formatter: Any = self.formatter_class
        return cast("argparse.HelpFormatter", formatter(prog=self.prog, width=_columns() - 2))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """All of them are known: the parser of an action refuses what is too much with its own options at hand."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self._refuse_surplus(rest[0])
        return found, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = list(action.choices)
        near = _near(str(value), choices)
        name = f"{action.option_strings[-1]} " if action.option_strings else ""
        legal = ", ".join(f"'{choice}'" for choice in choices)
        self._refuse(
            f"{name or self.prog + ' '}takes one of {legal}, not '{value}'"
            + (f"; did you mean '{near}'?" if near else ""),
            f"{self.prog} {name}{near}" if near else f"{self.prog} --help",
        )

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        name = action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest)
        try:
            return super()._get_value(action, arg_string)
        except argparse.ArgumentError as exc:
            words: object = exc.__context__
            if not isinstance(words, argparse.ArgumentTypeError):
                words = f"takes {'a whole number' if action.type is int else 'a number'}, not '{arg_string}'"
            self._refuse(f"{name} {words}", f"{self.prog} --help")

    def _refuse_surplus(self, word: str) -> NoReturn:
        if not word.startswith("-"):
            self._refuse(f"'{word}' is one argument too many", f"{self.prog} --help")
        word = word.partition("=")[0]
        options = [option for action in self._actions for option in action.option_strings]
        values = {
            str(choice): f"{action.option_strings[-1]} {choice}"
            for action in self._actions
            if action.option_strings
            for choice in action.choices or ()
        }
        near = values.get(word.lstrip("-")) or _near(word, options)
        self._refuse(
            f"{self.prog} has no option '{word}'" + (f"; did you mean '{near}'?" if near else ""),
            f"{self.prog} {near}" if near else f"{self.prog} --help",
        )

    def _refuse(self, message: str, advice: str) -> NoReturn:
        sys.stderr.write(f"error: {message}\ntry: {advice}\n")
        sys.exit(EXIT_USAGE)


def _columns() -> int:
    """Of the terminal, as `shutil` tells them, which takes longer to import than a command has time for."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(
                sys.__stdout__.fileno() if sys.__stdout__ is not None else -1
            ).columns
        except (ValueError, OSError):
            columns = 0
    return columns or 80


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """For `type=`: a whole number in this range, both ends included."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"takes a whole number from {least} to {most}, not '{text}'")
        return number

    return read


def some_text(most: int) -> Callable[[str], str]:
    """For `type=`: a text of 1 to *most* characters."""

    def read(text: str) -> str:
        if not 0 < len(text) <= most:
            raise argparse.ArgumentTypeError(f"takes 1 to {most} characters, not {len(text)}")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise argparse.ArgumentTypeError("takes text in UTF-8") from None
        return text

    return read


def matching(pattern: str, words: str) -> Callable[[str], str]:
    """For `type=`: what matches *pattern* as a whole; *words* say what that is."""

    def read(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise argparse.ArgumentTypeError(f"takes {words}, not '{text}'")
        return text

    return read


def _near(word: str, names: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    found: Sequence[str] = get_close_matches(word, [str(name) for name in names], n=1)
    return found[0] if found else None
