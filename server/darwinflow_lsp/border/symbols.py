"""Document symbols as JSON, piece by piece: there may be tens of thousands, and values of them would cost as much again."""

import json
from collections.abc import Iterable, Iterator

from darwinflow_lsp.border.places import Places, Ranges
from darwinflow_lsp.features.document_symbol import Symbol
from darwinflow_lsp.handshake import Client

_text = json.JSONEncoder(ensure_ascii=False).encode


def symbols(found: Iterable[Symbol], uri: str, places: Places, client: Client) -> Iterator[str]:
    """A list of `DocumentSymbol`, or of `SymbolInformation` for a client that draws no tree."""
    ranges = Ranges(places)
    if client.symbol_tree:
        yield from _tree(found, ranges)
    else:
        yield "["
        for number, piece in enumerate(_flat(found, '""', _text(uri), ranges)):
            yield f",{piece}" if number else piece
        yield "]"


def _tree(found: Iterable[Symbol], ranges: Ranges) -> Iterator[str]:
    yield "["
    for number, each in enumerate(found):
        whole = ranges.json(each.span)
        selection = whole if each.selection == each.span else ranges.json(each.selection)
        detail = f',"detail":{_text(each.detail)}' if each.detail else ""
        yield (
            f'{"," if number else ""}{{"name":{_text(each.name)},"kind":{each.kind},'
            f'"range":{whole},"selectionRange":{selection}{detail}'
        )
        if each.children:
            yield ',"children":'
            yield from _tree(each.children, ranges)
        yield "}"
    yield "]"


def _flat(found: Iterable[Symbol], container: str, uri: str, ranges: Ranges) -> Iterator[str]:
    for each in found:
        name = _text(each.name)
        yield (
            f'{{"name":{name},"kind":{each.kind},"location":{{"uri":{uri},"range":{ranges.json(each.span)}}},'
            f'"containerName":{container}}}'
        )
        yield from _flat(each.children, name, uri, ranges)
