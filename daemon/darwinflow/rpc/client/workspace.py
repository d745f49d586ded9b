"""The workspace that a connection is opened for, as a message can carry it."""

from darwinflow.model.errors import Refused
from darwinflow.recorder.paths import Workspace


def session_of(workspace: Workspace) -> dict[str, object]:
    """Parameters of `session/open`. Raises `Refused` where the name of the folder is no text."""
    try:
        workspace.folder.encode()
    except UnicodeEncodeError:
        shown = workspace.folder.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise Refused(
            f"the workspace '{shown}' has a name that is no UTF-8", hint="rename that folder"
        ) from None
    return {"workspace": workspace.folder, "settings": workspace.settings}
