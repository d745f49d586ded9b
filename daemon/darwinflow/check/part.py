"""What is known of one document of a stream that is a graph."""

from typing import NamedTuple

from darwinflow.check.faulty import Faulty
from darwinflow.check.finding import Finding
from darwinflow.check.mentions.state import Mentioned
from darwinflow.check.references.referring import Referring
from darwinflow.check.sweep import Swept
from darwinflow.projection.projection import Projection


class Part(NamedTuple):
    """All of it comes from the text; an edit makes another."""

    projection: Projection
    faulty: tuple[Faulty, ...]
    header: tuple[Finding, ...]
    graph: tuple[Finding, ...]
    sweep: Swept
    referring: Referring
    mentioned: Mentioned
