"""What a client sent, looked at once. Raises `Rejected` with LSP's *invalid params* where it is of another form."""

from typing import Any, NamedTuple, TypeGuard

from darwinflow_lsp.messages import Params, invalid_params

MAX_URI_CHARACTERS = 8192


class Change(NamedTuple):
    """One content change, in the client's units. Without a range it is the whole text."""

    start: tuple[int, int] | None
    end: tuple[int, int]
    text: str


def uri_in(params: Params) -> str:
    """Of `textDocument`."""
    document = _object(params.get("textDocument"), "textDocument")
    uri = document.get("uri")
    if not isinstance(uri, str) or len(uri) > MAX_URI_CHARACTERS:
        raise invalid_params("'textDocument.uri' is a text of at most 8192 characters")
    return uri


def named_uri(params: object) -> str | None:
    """The URI of the document that a request is about, by itself or as a command's argument, where it names one."""
    if not isinstance(params, dict):
        return None
    arguments = params.get("arguments")
    first = arguments[0] if isinstance(arguments, list) and arguments else None
    document = params.get("textDocument", first)
    uri = document.get("uri") if isinstance(document, dict) else None
    return uri if isinstance(uri, str) else None


def version_in(params: Params) -> int | None:
    version = _object(params.get("textDocument"), "textDocument").get("version")
    if version is not None and not _is_number(version):
        raise invalid_params("'textDocument.version' is a number")
    return version


def text_in(params: Params) -> str:
    text = _object(params.get("textDocument"), "textDocument").get("text")
    if not isinstance(text, str):
        raise invalid_params("'textDocument.text' is a text")
    return _sound(text)


def position_in(params: Params) -> tuple[int, int]:
    """Line and character, in the client's units."""
    return _position(params.get("position"), "position")


def range_in(params: Params) -> tuple[tuple[int, int], tuple[int, int]]:
    return _range(params.get("range"), "range")


def changes_in(params: Params) -> list[Change]:
    """In the order in which they apply. All are looked at before any is used."""
    listed = params.get("contentChanges")
    if not isinstance(listed, list):
        raise invalid_params("'contentChanges' is a list")
    changes = []
    for one in listed:
        change = _object(one, "contentChanges")
        text = change.get("text")
        if not isinstance(text, str):
            raise invalid_params("a change has a text")
        if change.get("range") is None:
            changes.append(Change(None, (0, 0), _sound(text)))
        else:
            start, end = _range(change["range"], "contentChanges.range")
            changes.append(Change(min(start, end), max(start, end), _sound(text)))
    return changes


def includes_declaration(params: Params) -> bool:
    """Absent is taken as yes: whoever leaves it out wants all places."""
    context = params.get("context")
    return not isinstance(context, dict) or context.get("includeDeclaration") is not False


def wants_actions(params: Params, kind: str) -> bool:
    """Whether code actions of *kind* are asked for, by themselves or with others."""
    context = _object(params.get("context"), "context")
    only = context.get("only")
    if only is None:
        return True
    if not isinstance(only, list):
        raise invalid_params("'context.only' is a list")
    return any(wanted in ("", kind) for wanted in only)


def _object(value: object, name: str) -> Params:
    if not isinstance(value, dict):
        raise invalid_params(f"'{name}' is an object")
    return value


def _position(value: object, name: str) -> tuple[int, int]:
    place = _object(value, name)
    line, character = place.get("line"), place.get("character")
    if not _is_number(line) or not _is_number(character) or line < 0 or character < 0:
        raise invalid_params(f"'{name}' has a line and a character, both from 0")
    return line, character


def _range(value: object, name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    ends = _object(value, name)
    return _position(ends.get("start"), f"{name}.start"), _position(ends.get("end"), f"{name}.end")


def _is_number(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _sound(text: str) -> str:
    """*text* with lone surrogates replaced, which no file can hold; every column stays where it was."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in text)
    return text
