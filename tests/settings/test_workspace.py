"""`.darwinflow.yaml`: what it may say, what holds without it, and what is reported where."""

from time import process_time

import pytest

from darwinflow.check.fixes import fixed
from darwinflow.check.rules.settings_invalid import settings_invalid
from darwinflow.document.document import Document
from darwinflow.settings.patterns import matcher
from darwinflow.settings.workspace import WorkspaceSettings, parse


def said(text: str) -> list[str]:
    return [
        f"{finding.span.line + 1}:{finding.span.column + 1}-{finding.span.end_column + 1} {finding.message}"
        for finding in settings_invalid(parse(text, "checkout"))
    ]


def test_without_a_file_the_folder_names_the_project() -> None:
    settings = parse(None, "checkout")
    assert settings == WorkspaceSettings("personal", "checkout", "workflows")
    assert parse("", "checkout") == settings
    assert parse("# nothing yet\n", "checkout") == settings


def test_everything_that_a_repository_may_say_is_taken() -> None:
    settings = parse(
        "organization: acme\nproject: shop\nworkflows: {path: flows/store, files: ['flows/**/*.yaml']}\n"
        "graph-types: types\n"
        "severity:\n  unreachable-node: error\n  unknown-tag: off\n"
        "  secret: {tests/**: hint, '**': warning}\n"
        "ignore: {metadata-key: ['old/**', 'a.yaml'], wrong-type: b.yaml}\n"
        "run: {command: [python, run.py]}\nx-own: 3\n",
        "checkout",
    )
    assert settings._replace(codes=()) == WorkspaceSettings(
        "acme",
        "shop",
        "flows/store",
        ("flows/**/*.yaml",),
        "types",
        severity=(("unreachable-node", "error"), ("unknown-tag", "off")),
        severity_by_path=(("secret", ("tests/**",), "hint"), ("secret", ("**",), "warning")),
        ignored=(("metadata-key", ("old/**", "a.yaml"), "off"), ("wrong-type", ("b.yaml",), "off")),
        run_command=("python", "run.py"),
    )
    assert not list(settings_invalid(settings))


def test_a_file_has_the_severities_of_the_first_pattern_that_fits_it() -> None:
    settings = parse(
        "severity:\n  secret: {tests/**: hint, '**': warning}\n  wrong-type: warning\n"
        "ignore: {wrong-type: [tests/*], secret: [tests/keys.yaml]}\n",
        "checkout",
    )
    assert dict(settings.at("flows/a.yaml").severity) == {"secret": "warning", "wrong-type": "warning"}
    assert dict(settings.at("tests/a.yaml").severity) == {"secret": "hint", "wrong-type": "off"}
    assert dict(settings.at("tests/keys.yaml").severity) == {"secret": "off", "wrong-type": "off"}
    assert parse("project: a\n", "b").at("x") == parse("project: a\n", "b")._replace(file="x")


def test_what_does_not_belong_there_is_shown_at_its_place() -> None:
    assert said(
        "organisation: acme\n"
        "storage:\n  logs: {type: postgres}\n"
        "workflows:\n  path: ../other\n  fils: [a]\n  files: [flows/*, /etc/*]\n  type: sqlite\n"
        "severity: {unreachable-nod: error, secret: fatal, wrong-type: {a.yaml: errror}, xyz: off}\n"
        "project: 3\n"
        "graph-types: ''\n"
        "run: {command: python run.py, shell: bash}\n"
        "ignore: {secret: 3, unknown-field: [a, ../b]}\n"
        "nonsense: 1\n",
    ) == [
        "1:1-13 the settings have no 'organisation'; did you mean 'organization'?",
        "2:1-8 'storage' belongs in config.yaml of the user's machine, not in a repository",
        "5:9-17 '../other' leads out of the workspace; name a folder inside it",
        "6:3-7 'workflows' has no 'fils'",
        "7:20-26 '/etc/*' leads out of the workspace; name files inside it",
        "8:3-7 'type' belongs in config.yaml of the user's machine, not in a repository",
        "9:12-27 no finding is called 'unreachable-nod'; did you mean 'unreachable-node'?",
        "9:44-49 the severity of 'secret' cannot be fatal; it may be error, warning, hint or off",
        "9:72-78 the severity of 'wrong-type' cannot be errror; did you mean 'error'?",
        "9:81-84 no finding is called 'xyz'",
        "10:10-11 'project' must be a text",
        "11:14-16 'graph-types' must be a folder inside the workspace",
        "12:16-29 'command' must be a list of texts, the program and its arguments",
        "12:31-36 'run' has no 'shell'",
        "13:18-19 'secret' must be a list of patterns such as flows/*.yaml",
        "13:40-44 '../b' leads out of the workspace; name files inside it",
        "14:1-9 the settings have no 'nonsense'; it may be organization or format",
    ]


def test_what_leads_out_or_does_not_fit_is_not_taken() -> None:
    settings = parse(
        "project: 3\nworkflows: {path: ../x, files: [ok, /no]}\nignore: {secret: [../b]}\n", "checkout"
    )
    assert settings.project == "checkout"
    assert settings.workflows_path == "workflows"
    assert settings.workflow_files == ("ok",)
    assert settings.ignored == ()


def test_a_fix_of_the_settings_leaves_nothing_to_say_there() -> None:
    text = "organisation: acme\nseverity:\n  unreachable-nod: eror\n"
    document = Document.parse(text)
    found = list(settings_invalid(parse(text, "checkout")))
    assert len(found) == 3
    assert said(fixed(document, found).lines.text()) == []


def test_places_are_right_in_a_long_file() -> None:
    codes = "".join(f"  code-{chr(97 + at)}: hint\n" for at in range(20))
    assert said("project: a\nseverity:\n" + codes)[19] == "22:3-9 no finding is called 'code-t'"


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "a",
        "organization: [",
        "\0",
        "workflows: 3\nseverity: 3\n",
        "{organization: &a *a}",
        "severity: {a: {b: {c: d}}}\nignore: {x: [[1]]}\n",
        "? [a, b]\n: 3\n",
        "severity: &a\n  secret: *a\n",
    ],
)
def test_broken_settings_never_break_anything(text: str) -> None:
    settings = parse(text, "checkout")
    assert settings.organization == "personal"
    assert list(settings_invalid(settings))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('workflows: {path: "a\\0b"}\n', "1:19-25", "a path cannot hold the character NUL; name a folder"),
        ('workflows: {files: ["a\\0b"]}\n', "1:21-27", "a path cannot hold the character NUL; name files"),
        ('graph-types: "a\\0b"\n', "1:14-20", "a path cannot hold the character NUL; name a folder"),
        ('severity: {secret: {"a\\0b": hint}}\n', "1:", "a path cannot hold the character NUL; name files"),
        ('ignore: {secret: "a\\0b"}\n', "1:18-24", "a path cannot hold the character NUL; name files"),
        ('run: {command: [a, "a\\0b"]}\n', "1:", "'command' cannot hold the character NUL"),
        ("workflows: {path: .git}\n", "1:19-23", "'.git' lies in what git keeps for itself"),
        (
            "workflows: {path: ./.GIT/hooks/}\n",
            "1:19-32",
            "'./.GIT/hooks/' lies in what git keeps for itself",
        ),
        ("graph-types: .git/x\n", "1:14-20", "'.git/x' lies in what git keeps for itself"),
    ],
)
def test_paths_that_no_file_can_have_or_that_git_has_do_not_count(
    text: str, place: str, message: str
) -> None:
    (line,) = said(text)
    assert line.startswith(place)
    assert message in line
    found, usual = parse(text, "checkout"), parse(None, "checkout")
    assert found.names_no_store == ("workflows: {path:" in text)
    assert found._replace(problems=(), codes=(), names_no_store=False) == usual


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (r'"\ud800"', "1:20-26"),
        (r'"a\U00110000"', "1:21-31"),
        (r'"a\qb"', "1:21-23"),
        ('"\ufffd"', "1:19-22"),
    ],
)
def test_a_folder_whose_name_is_not_what_was_written_is_no_store(value: str, place: str) -> None:
    text = f"workflows: {{path: {value}}}\n"
    (line,) = said(text)
    assert line.startswith(place)
    assert parse(text, "checkout").names_no_store


def test_patterns_know_folders() -> None:
    fits = matcher(["flows/*.yaml", "deep/**/x?.yml", "all/"])
    assert fits("flows/a.yaml")
    assert not fits("flows/b/a.yaml")
    assert fits("deep/x1.yml")
    assert fits("deep/a/b/x1.yml")
    assert not fits("deep/xx1.yml")
    assert fits("all/of/this.yaml")
    assert matcher([])("whatever")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("severity: {yaml-syntax: off}\n", 0, 24),
        ("severity:\n  document-limit: {flows/*: hint}\n", 1, 28),
        ("ignore:\n  yaml-syntax: [flows/**]\n", 1, 2),
        ("severity: {yaml-syntax: error}\n", None, None),
    ],
)
def test_what_cannot_be_read_is_never_passed_over(text: str, line: int | None, column: int | None) -> None:
    found = parse(text, "shop")
    assert found.severity_by_path == found.ignored == ()
    if line is None:
        assert found.problems == ()
    else:
        assert [(one.span.line, one.span.column) for one in found.problems] == [(line, column)]
        assert "is always an error: what cannot be read is not checked" in found.problems[0].message
        assert found.severity == ()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("severity: {secret: false}", "1:20-25", "the severity of 'secret' cannot be false; did you mean 'off'?"),
        ("severity: {secret: warn}", "1:20-24", "the severity of 'secret' cannot be warn; did you mean 'warning'?"),
        ("severity: {secret: }", "1:12-18", "the severity of 'secret' cannot be nothing; it may be error,"),
        ("severity: {secret: [off]}", "1:12-18", "the severity of 'secret' cannot be a list; it may be error,"),
        ("severity: warning", "1:11-18", "'severity' must be a mapping of codes to error, warning, hint or off"),
        ("ignore: [secret]", "1:1-7", "'ignore' must be a mapping of codes to patterns of files, such as"),
        ("ignore: {secret: }", "1:10-16", "'secret' names no files to ignore it in, such as flows/*.yaml or **"),
        ("ignore: {secret: []}", "1:10-16", "'secret' names no files to ignore it in, such as flows/*.yaml or **"),
        ("ignore: {secret: ['f/{a,b}.yaml']}", "1:19-33", "patterns know '*', '**' and '?' alone; '{a,b}' stands for"),
        ("ignore: {secret: '[ab].yaml'}", "1:18-29", "patterns know '*', '**' and '?' alone; '[ab]' stands for"),
        ("workflows: {files: ['!x/*']}", "1:21-27", "patterns know '*', '**' and '?' alone; '!' stands for"),
        ("severity: {secret: {'!x': off}}", "1:27-30", "patterns know '*', '**' and '?' alone; '!' stands for"),
    ],
)  # fmt: skip
def test_what_would_do_nothing_in_silence_is_told(text: str, place: str, message: str) -> None:
    settings = parse(f"{text}\n", "w")
    (found,) = settings_invalid(settings)
    span = found.span
    assert f"{span.line + 1}:{span.column + 1}-{span.end_column + 1}" == place
    assert found.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "ignore: {secret: [" + ", ".join([f'"a{n}*"' for n in range(50_000)]) + "]}\n",
            "more than 1000 patterns",
        ),
        ("ignore: {" + ", ".join([f"c{n}: a" for n in range(20_000)]) + "}\n", "only the first 1000 count"),
        ("".join([f"a{n}: 1\n" for n in range(20_000)]), "more may be wrong in these settings; 100 findings"),
        (
            "severity: {secret: {" + ", ".join([f"a{n}: x" for n in range(20_000)]) + "}}\n",
            "100 findings are shown",
        ),
    ],
)
def test_settings_of_any_length_are_read_soon(text: str, message: str) -> None:
    start = process_time()
    settings = parse(text, "checkout")
    found = list(settings_invalid(settings))
    settings.at("flows/a.yaml")
    assert process_time() - start < 5
    assert len(found) <= 101
    assert any(message in one.message for one in found)
