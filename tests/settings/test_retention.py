"""The block `retention` of `config.yaml`."""

import pytest

from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.settings.user import parse


def test_where_nothing_is_said_nothing_goes():
    for text in (None, "", "storage: {}\n", "retention:\n"):
        assert parse(text, {}).retention_of("personal") == Retention()
        assert parse(text, {}).retention_of("personal").is_off


def test_each_kind_and_workflow_has_its_rule_and_an_organization_goes_before_all():
    settings = parse(
        """\
retention:
  succeeded: {days: 30, keep_last: 200}
  failed: {days: 0.5}
  archive: {path: archive, format: jsonl.zst}
  workflows:
    nightly: {succeeded: {keep_last: 5}}
    audit: {succeeded: keep, failed: keep}
organizations:
  crew: {retention: {failed: {days: 1}}}
""",
        {},
    )
    assert settings.problems == ()
    found = settings.retention_of("personal")
    assert found.rules == Rules(Rule(30, 200), Rule(0.5, 0))
    assert found.rules_of("nightly") == Rules(Rule(0, 5), Rule(0.5, 0))
    assert found.rules_of("audit") == Rules()
    assert found.archive == "archive"
    assert settings.retention_of("crew") == Retention(Rules(None, Rule(1, 0)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("succeeded: {dayz: 3}", "'succeeded' has no 'dayz'"),
        ("succeeded: {}", "'succeeded' needs 'days', 'keep_last' or both"),
        ("succeeded: 30", "'succeeded' must be a mapping"),
        ("succeeded: {days: -1}", "'days' must be a number from 0 to 36500"),
        ("succeeded: {days: '3'}", "'days' must be a number from 0 to 36500"),
        ("failed: {keep_last: 1.5}", "'keep_last' must be a whole number from 0 to 1000000"),
        ("failed: {keep_last: true}", "'keep_last' must be a whole number from 0 to 1000000"),
        ("cancelled: {days: 1}", "'retention' has no 'cancelled'"),
        ("archive: {}", "'archive' needs 'path', the folder that runs go to"),
        ("archive: {path: ''}", "'archive' needs 'path', the folder that runs go to"),
        ("archive: {path: a, format: tar}", "archives cannot be written as 'tar'"),
        ("workflows: [a]", "'workflows' must be a mapping of ids to what holds for them"),
        ("workflows: {a: {days: 3}}", "'a' has no 'days'"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(text, said):
    settings = parse(f"# first\nretention:\n  {text}\n", {})
    assert [(fault.message, fault.span.line) for fault in settings.problems] == [(said, 2)]
