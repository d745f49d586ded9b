"""A document that is sixteen times as long takes about sixteen times as long to check, whatever its shape."""

import gc
import time

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

from .growing import SHAPES

SIZE = 25
TIMES = 16
LEAST_SECONDS = 0.004
"""Less than this is not told from the noise around it."""
FACTOR = 2.5
"""Of the linear cost; a quadratic shape would have 16."""
TRIES = 3


def seconds(text: str, catalog: Catalog) -> float:
    """Of processor time: for reading and checking *text*, for an edit in its middle, and for the check of that."""
    gc.collect()
    started = time.process_time()
    document = Document.parse(text)
    checked = check(document, catalog, is_named=True)
    checked.findings()
    middle = len(document.lines) // 2
    after = document.edit(Edit(Span(middle, 4, middle, 4), "x"))
    check(after, catalog, None, checked, is_named=True).findings()
    return time.process_time() - started


@pytest.mark.parametrize("name", SHAPES)
def test_the_cost_grows_with_the_length_and_no_faster(name: str, catalog: Catalog) -> None:
    seconds(SHAPES[name](SIZE), catalog)  # what is loaded on demand
    cost = max(seconds(SHAPES[name](SIZE + 1), catalog), LEAST_SECONDS)
    ratios: list[float] = []
    for at in range(TRIES):  # none is the text of another: what is kept by text would help the later ones
        ratios.append(seconds(SHAPES[name](SIZE * TIMES + at), catalog) / cost)
        if ratios[-1] <= TIMES * FACTOR:
            break
    assert min(ratios) <= TIMES * FACTOR, [round(ratio) for ratio in ratios]


def test_a_quadratic_shape_would_be_seen() -> None:
    """The twin of the loop: what looks at each line again for each line goes over the limit."""

    def pairs(size: int) -> float:
        lines = [str(at) for at in range(size)]
        started = time.process_time()
        sum(one < other for one in lines for other in lines)
        return time.process_time() - started

    assert pairs(100 * TIMES) / pairs(100) > TIMES * FACTOR
