"""Changing in `config.yaml` where a concern is kept: every other byte stays, and what cannot be changed is said."""

import pytest

from darwinflow.model.errors import Refused
from darwinflow.model.stores import StoreChoice
from darwinflow.settings.user import parse
from darwinflow.settings.writing import with_stores

FILE, SQLITE = StoreChoice("file"), StoreChoice("sqlite")
TEAM = StoreChoice("postgres", None, "${TEAM_DSN}")
ENVIRON = {"TEAM_DSN": "postgresql://ada@db/darwinflow"}

CASES = {
    "no file": (None, {"logs": FILE}, "storage:\n  logs: {type: file}\n"),
    "nothing of stores": (
        "# mine\nx-mine: {}",
        {"logs": FILE},
        "# mine\nx-mine: {}\nstorage:\n  logs: {type: file}\n",
    ),
    "empty": ("storage:\n# end\n", {"logs": FILE}, "storage:\n  logs: {type: file}\n# end\n"),
    "empty in braces": ("storage: {}  # x\n", {"logs": FILE}, "storage: {logs: {type: file}}  # x\n"),
    "another concern": (
        "storage:  # all\n  # figures\n  metrics: {type: sqlite}\n",
        {"logs": FILE},
        "storage:  # all\n  # figures\n  logs: {type: file}\n  metrics: {type: sqlite}\n",
    ),
    "another concern in braces": (
        "storage: {metrics: {type: sqlite}}\n",
        {"logs": FILE},
        "storage: {logs: {type: file}, metrics: {type: sqlite}}\n",
    ),
    "in braces": (
        "storage:\n  logs: {type: file, path: here}   # fast disk\n  metrics: {type: file}\n",
        {"logs": SQLITE, "metrics": SQLITE},
        "storage:\n  logs: {type: sqlite}   # fast disk\n  metrics: {type: sqlite}\n",
    ),
    "a block": (
        "storage:\n  logs:\n    # why\n    type: sqlite  # was file\n    path: apart  # fast\n  # below\n\nx-mine: {}\n",
        {"logs": TEAM},
        ("storage:\n  logs:\n    # why\n    dsn: '${TEAM_DSN}'\n    type: postgres  # was file\n    # fast\n"
        "  # below\n\nx-mine: {}\n"),
    ),
    "a block without type": (
        "storage:\n  logs:\n    path: apart\n",
        {"logs": StoreChoice("file", "it's here")},
        "storage:\n  logs:\n    type: file\n    path: 'it''s here'\n",
    ),
    "a name without a value": ("storage:\n  logs:  # x\n", {"logs": FILE}, "storage:\n  logs: {type: file}  # x\n"),
    "several lines in braces": (
        "storage: {\n  logs: {type: sqlite,\n    path: x}, # a\n}\n",
        {"logs": FILE},
        "storage: {\n  logs: {type: file}, # a\n}\n",
    ),
    "of the organization": (
        "storage: {logs: {type: sqlite}}\norganizations:\n  personal:\n    storage:\n      logs: {type: file} # o\n",
        {"logs": TEAM},
        ("storage: {logs: {type: sqlite}}\norganizations:\n  personal:\n    storage:\n"
        "      logs: {type: postgres, dsn: '${TEAM_DSN}'} # o\n"),
    ),
    "Windows lines": ("storage:\r\n  logs: {type: file}\r\n# end\r\n", {"logs": SQLITE},
        "storage:\r\n  logs: {type: sqlite}\r\n# end\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_only_the_concern_changes(case):
    text, choices, wanted = CASES[case]
    assert with_stores(text, "personal", choices, ENVIRON) == wanted


@pytest.mark.parametrize("case", CASES)
def test_what_was_changed_can_be_changed_back_and_says_the_same(case):
    text, choices, _ = CASES[case]
    before = parse(text, ENVIRON).stores_of("personal")
    after = with_stores(text, "personal", choices, ENVIRON)
    back = {name: getattr(before, name) for name in choices}
    assert parse(with_stores(after, "personal", back, ENVIRON), ENVIRON).stores_of("personal") == before
    assert with_stores(after, "personal", choices, ENVIRON) == after


@pytest.mark.parametrize(
    "text",
    [
        "x-here: &one {type: file}\nstorage: {logs: *one}\n",
        "storage: {metrics: {type: file}}\norganizations: {crew: {storage: {metrics: {type: sqlite}}}}\n",
        "storage: [\n",
    ],
)
def test_what_would_change_more_is_refused_with_the_line_to_write(text):
    with pytest.raises(Refused) as refused:
        with_stores(text, "personal", {"logs": SQLITE._replace(path="a")}, ENVIRON)
    assert "logs: {type: sqlite, path: 'a'}" in str(refused.value.advice)
