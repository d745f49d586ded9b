"""A comment takes away what it names, but never that a text cannot be read."""

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document


def codes(text: str, catalog: Catalog) -> list[str]:
    return [one.code for one in check(Document.parse(text), catalog, is_named=True).findings()]


def test_what_cannot_be_read_cannot_be_suppressed(catalog: Catalog) -> None:
    broken = 'id: a\nversion: 1\ndescription: "open # darwinflow: ignore[yaml-syntax]\n'
    assert "yaml-syntax" in codes(broken, catalog)
    beside = "id: a\nversion: 1\n# darwinflow: ignore[yaml-syntax] templates\nnodes: {{ nodes }\n"
    assert "yaml-syntax" in codes(beside, catalog)


def test_what_it_names_is_taken_away(catalog: Catalog) -> None:
    text = "id: a\nversion: 1\ntitel: x # darwinflow: ignore[unknown-field] read by another tool\n"
    assert "unknown-field" not in codes(text, catalog)
    assert "unknown-field" in codes(text.replace(" # darwinflow: ignore[unknown-field]", " #"), catalog)
