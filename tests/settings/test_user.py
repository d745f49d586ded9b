"""What `config.yaml` of the user's machine says, and what is wrong in it at its place."""

import pytest

from darwinflow.model.stores import StoreChoice, Stores
from darwinflow.settings.user import parse


def test_where_nothing_is_said_workflows_are_files_and_the_rest_is_the_organizations_database():
    usual = Stores(StoreChoice("file"), StoreChoice("sqlite"), StoreChoice("sqlite"))
    for text in (None, "", "# nothing\n", "storage:\n"):
        settings = parse(text, {})
        assert (settings.stores_of("personal"), settings.problems) == (usual, ())


def test_each_concern_is_chosen_by_itself_and_an_organization_goes_before_all():
    settings = parse(
        """\
storage:
  workflows: {type: file, path: flows}
  logs: {type: postgres, dsn: "postgresql:///darwinflow"}
organizations:
  crew:
    storage: {metrics: {type: file, path: /srv/figures}}
""",
        {},
    )
    assert settings.problems == ()
    postgres = StoreChoice("postgres", None, "postgresql:///darwinflow")
    assert settings.stores == Stores(StoreChoice("file", "flows"), postgres, StoreChoice("sqlite"))
    assert settings.stores_of("crew") == settings.stores._replace(metrics=StoreChoice("file", "/srv/figures"))


def test_the_environment_goes_before_the_file_and_fills_variables_in():
    text = "storage: {logs: {type: postgres, dsn: 'postgresql://u:${PW}@h/d'}, metrics: {type: file}}\n"
    assert parse(text, {"PW": "secret"}).stores.logs.dsn == "postgresql://u:secret@h/d"
    environ = {"PW": "x", "DARWINFLOW_STORAGE_LOGS": "file", "DARWINFLOW_STORAGE_METRICS": "postgresql:///d"}
    settings = parse(text, environ)
    assert settings.stores.logs == StoreChoice("file")
    assert settings.stores.metrics == StoreChoice("postgres", None, "postgresql:///d")
    assert parse(None, environ).stores.logs == StoreChoice("file")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("storage: {logs: {type: sqlit}}", 0, "'logs' cannot be kept on 'sqlit'"),
        ("storage: {log: {}}", 0, "'storage' has no 'log'"),
        ("storge: {}", 0, "the settings have no 'storge'"),
        ("storage: [logs]", 0, "'storage' must be a mapping"),
        ("storage:\n  logs: sqlite", 1, "'logs' must be a mapping"),
        ("storage:\n  logs: {type: postgres}", 1, "postgres needs a 'dsn'"),
        ("storage:\n  logs: {type: sqlite, dsn: x}", 1, "'dsn' belongs to postgres alone"),
        ("storage:\n  logs: {type: memory, path: x}", 1, "'path' belongs to file and sqlite alone"),
        ("storage:\n  logs: {type: file, path: 3}", 1, "file needs 'path' to be a folder"),
        ("storage:\n  logs:\n    type: postgres\n    dsn: postgresql://u:pw@h/d", 3, "a password does not belong"),
        ("storage:\n  logs:\n    type: postgres\n    dsn: host=h password=pw", 3, "a password does not belong"),
        ("storage:\n  logs:\n    type: postgres\n    dsn: ${NONE}", 3, "environment has no 'NONE'"),
        ("project: x", 0, "'project' belongs in '.darwinflow.yaml' of a workspace"),
        ("organizations: {crew: {store: {}}}", 0, "'crew' has no 'store'"),
        ("[1]", 0, "must be a mapping"),
        ("storage: {logs: {type: sqlite}", 0, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_at_its_place_and_does_not_count(text: str, line: int, said: str):
    settings = parse(text, {})
    assert settings.stores == Stores()
    assert len(settings.problems) == 1
    assert said in settings.problems[0].message
    assert settings.problems[0].span.line == line


def test_a_variable_that_cannot_be_is_told_with_what_it_may_be():
    (fault,) = parse(None, {"DARWINFLOW_STORAGE_LOGS": "mysql"}).problems
    assert (
        "DARWINFLOW_STORAGE_LOGS cannot be 'mysql'; it may be sqlite, file, memory or a DSN" in fault.message
    )
