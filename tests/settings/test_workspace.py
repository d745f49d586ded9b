"""`.darwinflow.yaml`: what it may say, what holds without it, and what is reported where."""

from darwinflow.settings.patterns import matcher
from darwinflow.settings.workspace import WorkspaceSettings, parse


def said(settings: WorkspaceSettings) -> list[str]:
    return [
        f"{problem.span.line + 1}:{problem.span.column + 1} {problem.message}"
        for problem in settings.problems
    ]


def test_without_a_file_the_folder_names_the_project() -> None:
    settings = parse(None, "checkout")
    assert settings[:5] == ("personal", "checkout", "workflows", (), ())
    assert parse("", "checkout") == settings
    assert parse("# nothing yet\n", "checkout") == settings


def test_everything_that_a_repository_may_say_is_taken() -> None:
    settings = parse(
        "organization: acme\nproject: shop\nworkflows: {path: flows/store, files: ['flows/**/*.yaml']}\n"
        "graph-types: graph-types\nseverity: {unreachable-node: error, unknown-tag: off}\n"
        "run: {command: [python, run.py]}\n",
        "checkout",
    )
    assert settings == WorkspaceSettings(
        "acme",
        "shop",
        "flows/store",
        ("flows/**/*.yaml",),
        (("unreachable-node", "error"), ("unknown-tag", "off")),
        (),
    )


def test_what_does_not_belong_there_is_shown_at_its_place() -> None:
    settings = parse(
        "organisation: acme\n"
        "storage:\n  logs: {type: postgres}\n"
        "workflows:\n  path: ../other\n  fils: [a]\n"
        "severity: {unreachable-node: fatal}\n"
        "project: 3\n",
        "checkout",
    )
    assert said(settings) == [
        "1:1 the settings have no 'organisation'; they may have organization, project, workflows, graph-types, severity, ignore, run",
        "2:1 'storage' belongs in config.yaml of the user's machine, not in a repository",
        "5:3 '../other' leads out of the workspace; name a folder inside it",
        "6:3 'workflows' has no 'fils'; it may have path, files",
        "7:12 the severity of 'unreachable-node' must be error, warning, hint or off",
        "8:1 'project' must be a text",
    ]
    assert settings.workflows_path == "workflows"
    assert settings.project == "checkout"


def test_broken_settings_never_break_anything() -> None:
    for text in (
        "- a\n",
        "a",
        "organization: [",
        "\0",
        "workflows: 3\nseverity: 3\n",
        "{organization: &a *a}",
    ):
        settings = parse(text, "checkout")
        assert settings.organization == "personal"
        assert settings.problems


def test_patterns_know_folders() -> None:
    fits = matcher(["flows/*.yaml", "deep/**/x?.yml", "all/"])
    assert fits("flows/a.yaml")
    assert not fits("flows/b/a.yaml")
    assert fits("deep/x1.yml")
    assert fits("deep/a/b/x1.yml")
    assert not fits("deep/xx1.yml")
    assert fits("all/of/this.yaml")
    assert matcher([])("whatever")
