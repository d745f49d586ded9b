"""What a backup holds of the settings, and what of that stays in the data directory."""

import pytest

from darwinflow.settings.kept import said_in, text_of, within
from darwinflow.settings.user import parse

HOME = "/home/ada/data"
OUTSIDE = [
    "/nowhere/of/mine",
    "../out",
    "~/out",
    "a/../../out",
    ".",
    "",
    "spool",
    "SPOOL/x",
    "set-aside",
    "config.yaml",
    "tenant-x",
    "x\ny: z",
    "a\u2028b",
    5,
    ["a"],
]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("concern", ["workflows", "logs", "metrics", "archive"])
def test_a_folder_that_is_none_of_a_store_below_the_data_directory_is_told_apart(path, concern):
    own = {"succeeded": {"days": 1}}
    block = {"storage": {concern: {"type": "file", "path": path}}, "retention": own}
    if concern == "archive":
        block = {"retention": {**own, "archive": {"path": path}}}
    kept, outside = within(block)
    assert kept == {"retention": own}
    assert len(outside) == 1
    assert "\n" not in outside[0]


@pytest.mark.parametrize("path", ["archive", "a/b c", "Figures_1/x.y-z"])
def test_one_below_it_is_kept(path):
    block = {"storage": {"logs": {"type": "file", "path": path}}, "retention": {"archive": {"path": path}}}
    assert within(block) == (block, ())
    assert parse(text_of(block), {}).stores.logs.path == path


@pytest.mark.parametrize(
    "server",
    [{"type": "postgres", "dsn": "postgresql:///x"}, {"type": "postgres"}, {"dsn": "postgresql:///x"}],
)
def test_a_server_is_told_apart(server):
    kept, outside = within({"storage": {"logs": server, "metrics": {"type": "sqlite"}}})
    assert kept == {"storage": {"metrics": {"type": "sqlite"}}}
    assert outside[0].startswith('storage: {logs: {"')


def test_what_is_said_is_what_holds_for_the_organization_and_paths_begin_in_the_data_directory():
    text = f"""\
storage:
  ballast_mib: 4
  logs: {{type: sqlite, path: {HOME}/apart}}
  metrics: {{type: postgres, dsn: 'postgresql://ada:${{PW}}@db/x'}}
organizations: {{personal: {{storage: {{workflows: {{type: file, path: {HOME}/w}}}}}}, other: {{storage: {{logs: {{type: file}}}}}}}}
retention: {{archive: {{path: /mnt/archive}}, workflows: {{"a: b": {{succeeded: keep}}}}}}
"""
    said = said_in(text, {"PW": "hush"}, "personal", HOME)
    assert said == {
        "storage": {
            "workflows": {"type": "file", "path": f"{HOME}/w"},
            "logs": {"type": "sqlite", "path": "apart"},
            "metrics": {"type": "postgres", "dsn": "postgresql://ada:${PW}@db/x"},
        },
        "retention": {"archive": {"path": "/mnt/archive"}, "workflows": {"a: b": {"succeeded": "keep"}}},
    }
    again = parse(text_of(said), {"PW": "hush"})
    before = parse(text.replace(f"{HOME}/apart", "apart"), {"PW": "hush"})
    assert again.problems == before.problems == ()
    assert again.stores == before.stores_of("personal")
    assert again.retention == before.retention


def test_what_the_environment_said_goes_before_and_is_said_but_for_its_secrets():
    environ = {
        "DARWINFLOW_STORAGE_LOGS": "file",
        "DARWINFLOW_STORAGE_METRICS": "postgresql://ada:hush@127.0.0.1:1/team",
    }
    said = said_in("storage: {logs: {type: sqlite, path: apart}}\n", environ, "personal", HOME)
    assert said == {
        "storage": {
            "logs": {"type": "file"},
            "metrics": {"type": "postgres", "dsn": "${DARWINFLOW_STORAGE_METRICS}"},
        }
    }
    assert parse(text_of(said), environ).problems == ()


def test_nothing_is_said_where_there_are_no_settings():
    for text in (None, "", "# nothing\n", "backup: {keep: 2}\n", "storage:\nretention:\n"):
        assert said_in(text, {}, "personal", HOME) == {}
