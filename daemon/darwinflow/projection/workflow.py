"""From a document's data to the `Workflow` value."""

from typing import Any, TypeGuard

from darwinflow.document.document import Document
from darwinflow.model.workflow import Edge, Node, Parent, Workflow
from darwinflow.projection.content_hash import MAX_EXACT, content_hash

_NODE_FIELDS = frozenset({"id", "type", "config", "description"})


def workflow_of(document: Document, root_index: int = 0) -> Workflow | None:
    """The workflow that one document of the stream holds; None where it has no usable id or version.

    What is wrong beyond that does not matter here: entries that are no nodes or edges are left out.
    """
    data = document.data(root_index) if root_index < len(document.roots) else None
    if not isinstance(data, dict):
        return None
    name, version = data.get("id"), data.get("version")
    if not isinstance(name, str) or not name or not _is_version(version):
        return None
    metadata = _mapping(data.get("metadata"))
    return Workflow(
        id=name,
        version=version,
        description=_text(data.get("description")),
        nodes=tuple([node for item in _list(data.get("nodes")) if (node := _node(item)) is not None]),
        edges=tuple([edge for item in _list(data.get("edges")) for edge in _edges(item)]),
        parent=_parent(metadata.get("parent"), name),
        created_by=_text(metadata.get("createdBy")) or None,
        reasoning=_text(metadata.get("reasoning")),
        tags={key: tag for key, tag in _mapping(metadata.get("tags")).items() if isinstance(tag, str)},
        content_hash=content_hash(data),
    )


def _node(item: Any) -> Node | None:
    if not isinstance(item, dict):
        return None
    name, kind = item.get("id"), item.get("type")
    if not isinstance(name, str) or not isinstance(kind, str):
        return None
    extra = {key: value for key, value in item.items() if key not in _NODE_FIELDS}
    return Node(name, kind, _mapping(item.get("config")), _text(item.get("description")), extra)


def _edges(item: Any) -> list[Edge]:
    if not isinstance(item, dict):
        return []
    condition = item.get("condition")
    return [
        Edge(
            source,
            target,
            condition if isinstance(condition, str) else None,
            _text(item.get("type")) or "flow",
        )
        for source in _names(item.get("from"))
        for target in _names(item.get("to"))
    ]


def _names(value: Any) -> list[str]:
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]


def _parent(value: Any, own: str) -> Parent | None:
    if _is_version(value):
        return Parent(own, value)
    name, version = _mapping(value).get("id"), _mapping(value).get("version")
    return Parent(name, version) if isinstance(name, str) and _is_version(version) else None


def _is_version(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_EXACT


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
