"""The graph types that hold in a workspace: the bundled ones and those of its own files.

The editor, `check` and publishing ask here, so that they agree. A file that is at fault takes nothing away from
the bundled types; the type that it extends is then marked as partial, as nobody knows what the file would add.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

from darwinflow.catalog.catalog import Catalog, compile_fault
from darwinflow.catalog.own_files import contents_of, folder_of
from darwinflow.catalog.type_file import TypeFile, type_file
from darwinflow.graph.form import detection_among_faults, is_whole, malformed
from darwinflow.graph.graph_type import GraphType, GraphTypeInvalid, Module
from darwinflow.graph.load import PREFIX, Reading, extend, read


class WorkspaceTypes(NamedTuple):
    """What holds in one workspace."""

    catalog: Catalog
    files: tuple[TypeFile, ...]
    """The workspace's own, by name."""

    def file(self, path: str) -> TypeFile | None:
        """That of an absolute path."""
        return next((file for file in self.files if file.path == path), None)


def for_workspace(
    folder: str, graph_types_path: str, catalog: Catalog, given: Mapping[str, str] | None = None
) -> WorkspaceTypes:
    """The types of the workspace *folder*, whose own files are those in *graph_types_path*, relative to it.

    *catalog*: any, for the bundled types in it. *given*: texts that hold in place of what is on the disk, by
    absolute path, as of an editor. Where there are no files the catalog is that of the bundled types itself, so
    that all such workspaces share its compiled schemas.
    """
    texts = {path: _decoded(content) for path, content in contents_of(folder, graph_types_path).items()}
    own = folder_of(folder, graph_types_path)
    texts.update({path: text for path, text in (given or {}).items() if os.path.dirname(path) == own})
    if not texts:
        return WorkspaceTypes(catalog.base, ())
    global _last  # noqa: PLW0603 - a cache of one: each file of a folder is checked beside all others
    last = _last
    if last is None or last.base is not catalog.base or last.texts != texts:
        types = _Loading(catalog.base).loaded([type_file(path, texts[path]) for path in sorted(texts)])
        _last = last = _Loaded(catalog.base, texts, types)
    return last.types


class _Loaded(NamedTuple):
    base: Catalog
    texts: dict[str, str]
    types: WorkspaceTypes


_last: _Loaded | None = None


def _decoded(content: bytes) -> str:
    """Bytes that are no UTF-8 become characters that the engine reports."""
    return content.decode("utf-8", "surrogateescape")


def _name_of(file: TypeFile) -> str:
    """The name of the type that a file is to be; empty where nobody can tell."""
    name = file.module.get("name")
    return name if isinstance(name, str) else ""


class _Loading:
    """Loads the files of one workspace on top of the bundled types."""

    def __init__(self, bundled: Catalog) -> None:
        self._bundled = bundled
        self._types: dict[str, GraphType] = {name: bundled.graph_type(name) for name in bundled.names}
        self._modules: dict[str, Module] = dict(bundled.modules)

    def loaded(self, files: list[TypeFile]) -> WorkspaceTypes:
        named: dict[str, str] = {}
        checked = [self._identified(file, named) for file in files]
        done = [self._whole(file) if is_whole(file.module) else file for file in checked]
        done = [file if is_whole(file.module) else self._extension(file) for file in done]
        lost = {
            _name_of(file): detection_among_faults(file.module)
            for file in done
            if not file.is_sound and file.extends is None
        }
        return WorkspaceTypes(Catalog(self._types, self._modules, self._bundled, lost), tuple(done))

    def _identified(self, file: TypeFile, named: dict[str, str]) -> TypeFile:
        """The file with what is wrong about its name; a sound module can be imported by others from here on."""
        name = file.module.get("name")
        if not file.is_sound or not is_whole(file.module) or not isinstance(name, str):
            return file
        base = os.path.basename(file.path)
        fault = None
        if name in self._types:
            fault = f"'{name}' comes with DarwinFlow; add to it with 'extends: {name}', or take another name"
        elif name in named:
            fault = f"'{named[name]}' has a graph type called '{name}' already; give this one another name"
        elif file.module.get("$id", PREFIX + name) != PREFIX + name:
            return file.with_faults([GraphTypeInvalid(f"the '$id' of '{name}' is '{PREFIX}{name}'", "/$id")])
        if fault is not None:
            return file.with_faults([GraphTypeInvalid(fault, "/name")])
        named[name] = base
        self._modules[PREFIX + name] = {"$id": PREFIX + name, **file.module}
        return file

    def _whole(self, file: TypeFile) -> TypeFile:
        if not file.is_sound:
            return file
        name = str(file.module.get("name"))
        module = self._modules.get(PREFIX + name, file.module)
        return self._taken(file, name, read(module, self._modules))

    def _extension(self, file: TypeFile) -> TypeFile:
        name = file.extends
        if not file.is_sound or name is None:
            self._mark_partial(name)
            return file.with_faults(malformed(file.module)) if file.is_sound else file
        if name not in self._bundled.names:
            names = ", ".join(self._bundled.names)
            message = f"no graph type called '{name}' can be extended; there is {names}"
            self._mark_partial(None)
            fault = GraphTypeInvalid(message, "/extends", word=name, words=self._bundled.names)
            return file.with_faults([fault])
        module = {"$id": "", **file.module}
        taken = self._taken(file, name, extend(self._types[name], module, self._modules))
        if not taken.is_sound:
            self._mark_partial(name)
        return taken

    def _taken(self, file: TypeFile, name: str, reading: Reading) -> TypeFile:
        """The file with its faults; where it has none, its type holds from here on."""
        graph_type, faults = reading
        if graph_type is not None:
            faults = tuple(self._uncompiled(graph_type, self._types.get(name)))
        if graph_type is None or faults:
            return file.with_faults(faults)
        self._types[name] = graph_type
        return file

    @staticmethod
    def _uncompiled(graph_type: GraphType, before: GraphType | None) -> list[GraphTypeInvalid]:
        """A fault for each entry whose schema the validator refuses, of those that are new."""
        known = before.node_types if before is not None else {}
        entries = [
            (node.entry, node.schema) for name, node in graph_type.node_types.items() if name not in known
        ]
        if before is None:
            entries += [(node.entry, node.schema) for node in graph_type.implicit.values()]
            entries += [(edge.entry, edge.schema) for edge in graph_type.edge_types.values()]
            entries.append(("Document", graph_type.document))
        return [
            GraphTypeInvalid(f"'{entry}' cannot be compiled: {fault}", f"/$defs/{entry}")
            for entry, schema in entries
            if (fault := compile_fault(schema))
        ]

    def _mark_partial(self, name: str | None) -> None:
        """Node types may be missing from *name*; None: from any, as nobody knows which was meant."""
        for one in [name] if name in self._types else list(self._bundled.names):
            self._types[str(one)] = self._types[str(one)]._replace(is_partial=True)
