"""No secret that is known by its shape, or by a pattern, reaches the disk, wherever it is put."""

import re
import time
import warnings

import pytest

from darwinflow.recorder import RecordingWarning, record_run
from darwinflow.recorder.redact import REDACTED, SHAPES, Redaction

LETTERS = "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW" * 3
CANARIES = {
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + LETTERS[:36],
    "github-fine": "github_pat_" + LETTERS[:30],
    "gitlab": "glpat-" + LETTERS[:20],
    "gitlab-deploy": "gldt-" + LETTERS[:20],
    "slack": "xoxb-" + "123456789012-" + LETTERS[:24],
    "slack-app": "xapp-1-" + LETTERS[:30],
    "slack-hook": "T000/B000/" + LETTERS[:24],
    "openai": "sk-proj-" + LETTERS[:40],
    "anthropic": "sk-ant-api03-" + LETTERS[:60],
    "stripe": "sk_live_" + LETTERS[:24],
    "google": "AIza" + LETTERS[:35],
    "google-oauth": "ya29." + LETTERS[:40],
    "jwt": f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:30]}.{LETTERS[:40]}",
    "npm": "npm_" + LETTERS[:36],
    "pypi": "pypi-AgEIcHlwaS5vcmc" + LETTERS[:40],
    "huggingface": "hf_" + LETTERS[:34],
    "sendgrid": f"SG.{LETTERS[:22]}.{LETTERS[:43]}",
    "digitalocean": "dop_v1_" + "0123456789abcdef" * 4,
    "docker": "dckr_pat_" + LETTERS[:27],
    "vault": "hvs." + LETTERS[:40],
    "postman": f"PMAK-{'0123456789abcdef' * 4}"[:29] + "-" + "0123456789abcdef" * 2 + "01",
    "linear": "lin_api_" + LETTERS[:40],
    "age": "AGE-SECRET-KEY-1" + LETTERS[:58].upper(),
    "databricks": "dapi" + "0123456789abcdef" * 2,
    "pem": "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join([LETTERS[:64]] * 3)
    + "\n-----END RSA PRIVATE KEY-----",
    "url": "hunter2-is-no-password",
    "bearer": "abc.def-" + LETTERS[:20],
}
AROUND = {
    "slack-hook": "https://hooks.slack.com/services/{}",
    "url": "postgresql://mira:{}@db.example.org/x",
    "bearer": "Authorization: Bearer {}",
}


def pieces(canary: str) -> list[bytes]:
    """What must not be found: for a text of several lines each of them that is long."""
    return [line.encode() for line in canary.split("\n") if "PRIVATE KEY" not in line]


@pytest.mark.parametrize("name", CANARIES)
def test_a_token_of_a_known_shape_is_nowhere_in_the_spool(place, name: str) -> None:
    canary = CANARIES[name]
    text = "before " + AROUND.get(name, "{}").format(canary) + " after"
    place.flow.write_text(
        "id: a\ndescription: |\n" + "\n".join(f"  {line}" for line in text.split("\n")) + "\n"
    )
    (place.folder / ".darwinflow.yaml").write_text("# " + text.replace("\n", "\n# ") + "\n")

    def record() -> None:
        with record_run(place.flow, request=text, context={"deep": [{"er": text}]}, tags={text: text}) as run:
            run.output = (text, float("nan"))
            with run.step(text, input={text: 1}, node_type=text) as step:
                step.action(text, **{"detail": text, text: 1})
                step.output = {"object": Holder(text), "padding": "x" * 20_000, "last": text}
            with run.step("b") as step:
                step.fail(text)
            raise ValueError(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        with pytest.raises(ValueError, match="before"):
            record()
    written = b"".join(path.read_bytes() for path in place.spool.iterdir())
    found = [piece for piece in pieces(canary) if piece in written or piece.replace(b"\n", b"\\n") in written]
    assert not found
    assert place.events("run.started")[0]["request"].startswith("before ")
    assert place.events("run.started")[0]["request"].endswith(" after")


class Holder:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Holder({self.text!r})"


@pytest.mark.parametrize(
    "harmless",
    [
        "the task-force asked for a risk-assessment-of-everything-else",
        "0190a7c2-5917-7f06-a998-67bf1e06e124",
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "https://example.org/a/very/long/path/with/many/parts?and=a&query=mail@example.org",
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "ghp_short",
        "AKIA and ASIA are prefixes",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_is_no_token_is_left_alone(harmless: str) -> None:
    assert Redaction().applied(harmless) == harmless


def test_patterns_of_the_call_and_of_the_environment_are_redacted(
    place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARWINFLOW_REDACT", "customer-\\d+\n\nKONTO\\s*\\w+")
    with (
        record_run(
            "assistant.yaml", request="customer-17 has KONTO DE89", redact=[r"mira", re.compile("(?i)geheim")]
        ) as run,
        run.step("a", input={"by": "mira", "customer-4": ["GEHEIM", "fine"]}) as step,
    ):
        step.output = 4111111111111111
    assert place.events("run.started")[0]["request"] == f"{REDACTED} has {REDACTED}"
    assert place.events("step.started")[0]["input"] == {"by": REDACTED, REDACTED: [REDACTED, "fine"]}
    assert place.events("step.finished")[0]["output"] == 4111111111111111


@pytest.mark.parametrize("pattern", ["shop", "("])
def test_a_pattern_does_not_move_a_run_to_another_project(
    place, tmp_path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    token = "ghp_" + "a1B2" * 9
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/.darwinflow.yaml").write_text(f"project: shop # {token}\n")
    monkeypatch.setenv("DARWINFLOW_REDACT", pattern)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with record_run(tmp_path / "elsewhere/pay.yaml", request="the shop"):
            pass
    (begun,) = place.events("run.started")
    assert "shop" not in begun["request"]
    assert begun["settings"] == f"project: shop # {REDACTED}\n"


def test_a_pattern_finds_numbers_too(place) -> None:
    with record_run("assistant.yaml", request=[4111111111111111, 5.5, True, 42], redact=r"\d{16}"):
        pass
    assert place.events("run.started")[0]["request"] == [REDACTED, 5.5, True, 42]


@pytest.mark.parametrize("broken", ["(", b"bytes", 5, re.compile(b"x")])
def test_a_pattern_that_cannot_be_used_hides_everything(place, broken: object) -> None:
    with pytest.warns(RecordingWarning, match="every value is hidden"):
        run = record_run("assistant.yaml", request={"secret": "s3cret"}, redact=[broken])
    with run, run.step("a", input="s3cret") as step:
        step.action("X", value=17)
    assert b"s3cret" not in b"".join(place.lines())
    assert place.events("step.started")[0]["input"] == REDACTED
    assert place.events("run.finished")


def test_a_pattern_that_matches_nothing_at_all_inserts_nothing() -> None:
    assert Redaction(["x*"]).applied("abxxc") == f"ab{REDACTED}c"


def test_a_token_at_the_cut_is_not_left_in_part(place) -> None:
    token = CANARIES["github"]
    for before in range(245_700, 245_800, 7):
        with record_run("assistant.yaml", request="x" * before + token + "y" * 100_000):
            pass
    with record_run("assistant.yaml", request="x" * (2 * 256 * 1024 - 20) + token):
        pass
    assert not any(token[:12].encode() in line for line in place.lines())


def test_a_document_that_holds_a_secret_says_so(place) -> None:
    place.flow.write_text("id: a\ndescription: " + CANARIES["github"] + "\n")
    with pytest.warns(RecordingWarning, match="recorded without it"), record_run(place.flow):
        pass
    assert place.events("document")[0]["text"] == f"id: a\ndescription: {REDACTED}\n"


@pytest.mark.parametrize("anchor", [anchor for anchor, _, _ in SHAPES])
def test_a_text_that_is_full_of_beginnings_of_tokens_is_read_once(anchor: str) -> None:
    for before, behind in (("", ""), ("-", ""), ("a", "-"), ("", "."), ("_", "a"), (" ", "=")):
        piece = before + anchor + behind
        text = piece * ((1 << 17) // len(piece))
        begun = time.process_time()
        Redaction().applied(text)
        assert time.process_time() - begun < 1, "it takes 0.02 s; each beginning read to its end, minutes"


def test_what_stands_before_a_web_token_without_a_blank_stays() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
    for text, left in (
        (f"jwt_{token}", "jwt_(redacted)"),
        (f"a {token}, b", "a (redacted), b"),
        (f"eyJ{token}", "(redacted)"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
        ),
    ):
        assert Redaction().applied(text) == left
