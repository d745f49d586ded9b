"""The places of one name that is wrong."""

import json
from collections.abc import Iterator
from itertools import pairwise

from darwinflow.check.finding import Fix
from darwinflow.check.mentions.mention import Mention
from darwinflow.check.odd_one import is_odd
from darwinflow.check.references.subject import Writing
from darwinflow.document.lines import Edit
from darwinflow.document.problem import Related
from darwinflow.model.span import Span

MAX_PLACES = 50
"""That one finding names."""


class Uses:
    """All places of one wrong name, or as many as a finding names."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places: list[tuple[Writing, Mention, int]] = []
        """With the line that a place counts from."""
        self.is_cut = False

    @property
    def is_in_text(self) -> bool:
        """Whether all places are in texts, which may mean something else than this document."""
        return all(mention.is_in_text for _, mention, _ in self.places)

    def spans(self) -> Iterator[Span]:
        for writing, mention, start in self.places:
            yield writing.span(mention.start, mention.end).moved(start)

    def related(self, message: str) -> tuple[Related, ...]:
        """All places but the first."""
        return tuple([Related(span, message) for span in list(self.spans())[1:]])

    def change(self, near: str, other_uses: int) -> tuple[Fix, ...]:
        """A fix that writes *near*, which is used *other_uses* times, for the name everywhere; none where that is not plain."""
        if self.is_cut:
            return ()
        edits = []
        for writing, mention, start in self.places:
            is_key = writing.path == ("condition",) and mention.end - mention.start > len(mention.name)
            text = json.dumps(near, ensure_ascii=False) if is_key else near
            fix = writing.change("", mention.start, mention.end, text)
            if not fix:
                return ()
            edits += [Edit(edit.span.moved(start), edit.text) for one in fix for edit in one.edits]
        kept = tuple(dict.fromkeys(edits))
        if any(other.span[:2] < one.span[2:] for one, other in pairwise(sorted(kept))):
            return ()  # two in a text that has to be written anew
        return (Fix(f"Change to '{near}'", kept, is_odd(len(self.places), other_uses)),)
