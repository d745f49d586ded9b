"""Secrets that settings name and never hold: variables of the environment, and entries of the system's keyring.

The package `keyring` is imported where one is named, and is no dependency: most people need none of what it brings.
"""

import importlib
import re
from collections.abc import Mapping

from darwinflow.model.errors import SettingsWrong

NAMED = re.compile(r"\$\{(keyring:[^{}]{1,200}|[A-Za-z_][A-Za-z0-9_]*)\}")
"""`${NAME}` or `${keyring:NAME}`."""

SERVICE = "darwinflow"
_KEYRING = "keyring:"


def secret(name: str, environ: Mapping[str, str]) -> str:
    """What *name* stands for, as `NAMED` has it. Raises `SettingsWrong` where there is none."""
    if name in environ:
        return environ[name]
    if not name.startswith(_KEYRING):
        raise SettingsWrong(f"the environment has no '{name}'; set it before the daemon starts")
    entry = name.removeprefix(_KEYRING)
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise SettingsWrong(
            f"'{entry}' is to be in the keyring, which needs the package 'keyring', and that is not installed",
            hint="pip install keyring where darwinflow is installed, or name a variable as in ${DARWINFLOW_DSN}",
        ) from None
    try:
        found = keyring.get_password(SERVICE, entry)
    except Exception as error:  # back ends of keyrings raise what they like
        raise SettingsWrong(
            f"the keyring cannot be asked for '{entry}': {error}", hint="unlock it, and try again"
        ) from error
    if not isinstance(found, str):
        raise SettingsWrong(
            f"the keyring has no '{entry}' of '{SERVICE}'", hint=f"keyring set {SERVICE} {entry}"
        )
    return found
