"""What the user's `config.yaml` and the environment say of where an organization's runs are kept."""

import os
from collections.abc import Mapping

from darwinflow.model.errors import Refused, StoreUnwritable
from darwinflow.model.stores import Stores
from darwinflow.recorder.paths import Home

_VARIABLES = "DARWINFLOW_STORAGE_"
_MAX_BYTES = 1 << 20


def stores_of(home: Home, environ: Mapping[str, str], organization: str) -> Stores:
    """Raises `Refused` where they say what cannot be: runs must not go to another place than was meant."""
    path = config_path(home)
    text = config_text(home)
    if text is None and not any(name.startswith(_VARIABLES) for name in environ):
        return Stores()
    from darwinflow.settings.user import parse  # with the engine of documents: for who has something to say

    settings = parse(text, environ)
    if settings.problems:
        first = settings.problems[0]
        more = f", and {len(settings.problems) - 1} more" if len(settings.problems) > 1 else ""
        legal = f"; it may be {', '.join(first.names)}" if first.names else ""
        raise Refused(
            f"{path}, line {first.span.line + 1}: {first.message}{legal}{more}",
            hint="mend that line; until then nothing is taken from or written to any store",
        )
    return settings.stores_of(organization)


def config_path(home: Home) -> str:
    return os.path.join(home.config, "config.yaml")


def config_text(home: Home) -> str | None:
    """None where there is no such file. Raises `Refused`, `StoreUnwritable`."""
    path = config_path(home)
    try:
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise Refused(f"{path} is longer than {_MAX_BYTES >> 20} MiB", hint="make it shorter")
        return content.decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnwritable(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is no UTF-8 at byte {error.start}", hint="save it as UTF-8") from error
