"""Who serves and is served here: the user of the operating system, as an account with an organization."""

import os
import pwd
import secrets

from darwinflow.ports.identity import IdentityStore
from darwinflow.tenancy.personal import Person, personal


def this_person(identity: IdentityStore) -> Person:
    """The user of this process; account and organization are made where they are missing."""
    return personal(identity, os.getuid(), _user_name(), _new_id)


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _new_id() -> str:
    return secrets.token_hex(8)
