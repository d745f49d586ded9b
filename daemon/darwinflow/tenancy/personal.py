"""A machine of one's own needs no set-up: the first start makes the user's account and organization."""

from collections.abc import Callable
from typing import NamedTuple

from darwinflow.model.errors import StoreDamaged
from darwinflow.ports.identity import Account, IdentityStore, Organization

PERSONAL = "personal"


class Person(NamedTuple):
    account: Account
    organization: Organization


def personal(identity: IdentityStore, uid: int, name: str, new_id: Callable[[], str]) -> Person:
    """Who the user *uid* is, and the organization `personal`; both are made where they are missing.

    *new_id* gives fresh ids, `[a-z0-9]{8,32}`. They are made together or not at all. The organization's own
    database is made when it is first opened, so a crash between the two files leaves nothing to repair; and two
    processes that start at once agree, because what is read back counts, not what was offered.
    """
    if identity.account_of_uid(uid) is None:
        identity.create_personal(Account(new_id(), name, uid), Organization(new_id(), PERSONAL))
    account = identity.account_of_uid(uid)
    organization = identity.organization(PERSONAL)
    if account is None or organization is None or not identity.is_member(account.id, organization.id):
        raise StoreDamaged(f"the account of user {uid} and its organization do not fit together")
    return Person(account, organization)
