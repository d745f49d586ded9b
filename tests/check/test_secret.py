"""Secrets in clear text: what is one, what is none, and that looking for them costs next to nothing."""

import os
import random
import string
import time
from pathlib import Path

import pytest

from bench.documents import workflow
from darwinflow.catalog.catalog import Catalog
from darwinflow.check.clear_text import secrets_in
from darwinflow.check.engine import check
from darwinflow.check.sweep import swept
from darwinflow.check.telltales import rows_to_read
from darwinflow.document.document import Document
from darwinflow.recorder.redact import Redaction

CORPORA = Path(os.environ.get("DARWINFLOW_CORPORA", Path(__file__).parents[3] / "shared/corpora"))
WORKFLOWS = ("starter-workflows", "argo", "tekton")
KEYS_OF_THE_CORPORA = {
    "argo/test/e2e/azure/deploy-azurite.yaml": 1,  # the storage account's key
    "argo/examples/secrets.yaml": 1,  # a password in a comment
    "tekton/examples/v1/pipelineruns/beta/isolated-workspaces.yaml": 1,  # an SSH key
    "tekton/examples/v1/pipelineruns/mapping-workspaces.yaml": 1,  # a password in base64
    "tekton/examples/v1/pipelineruns/workspaces-projected.yaml": 1,  # the same
    "tekton/examples/v1/taskruns/authenticating-git-commands.yaml": 1,  # an SSH key in base64
    "tekton/examples/v1/taskruns/beta/authenticating-git-commands.yaml": 1,
    "tekton/examples/v1/taskruns/no-ci/docker-creds.yaml": 1,  # a service account with its key, in base64
    "tekton/examples/v1/taskruns/no-ci/pull-private-image.yaml": 1,
}
BASE62 = string.ascii_letters + string.digits
LOWER36 = string.ascii_lowercase + string.digits


def found(line: str) -> list[str]:
    return [line[secret.column : secret.end_column] for secret in secrets_in([line])]


@pytest.mark.parametrize(
    ("line", "letters", "size", "share"),
    [
        ("note: {}", BASE62, 32, 0.94),
        ("note: {}", BASE62 + "+/", 40, 0.94),
        ("# {} is the old one", BASE62 + "-_", 43, 0.94),
        ("https://example.org/hook?token={}", BASE62, 32, 0.94),
        ("api_token: '{}'", BASE62, 20, 0.94),
        ("args: {{password: {}, x: 1}}", BASE62, 24, 0.94),
        ("API_KEY={}", "0123456789abcdef", 32, 0.94),
        ("client_secret: {}", LOWER36, 32, 0.9),
    ],
)
def test_random_words_are_found(line: str, letters: str, size: int, share: float) -> None:
    rng = random.Random(17)
    words = ["".join(rng.choice(letters) for _ in range(size)) for _ in range(500)]
    hits = sum(bool(found(line.format(word))) for word in words)
    print(f"\n{line} of {size} letters out of {len(letters)}: {hits} of {len(words)}")
    assert hits >= share * len(words)


@pytest.mark.parametrize(
    "line",
    [
        "key: build-cache-linux-x64-node-20-v3-2024-01-31-release-candidate",
        "uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
        "image: mirror.gcr.io/alpine@sha256:25109184c71bdad752c8312a8623239686a9a2071e8825f20acb8f2198c3f659",
        "id: 0190a7c2-5917-7f06-a998-67bf1e06e124",
        "token: 0190a7c2-5917-7f06-a998-67bf1e06e124",
        "token: ${GITHUB_TOKEN_OF_THE_RELEASE_2}",
        "token: $(cat /run/secrets/Fj4kLm9PqR2sTuVw)",
        "secret: op://vault/Fj4kLm9PqR2sTuVw3xYz/field",
        "password: env:DB_PASSWORD_1",
        "integrity: sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
        "checksum: 5d41402abc4b2a76b9719d911017c592",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW mira@example.org",
        "wireguard: {public_key: xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=}",
        "module.exports.createApplicationServerWithDefaultConfigurationV2FromEnvironment",
        "https://example.org/d/aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW/edit",
        "header: 'Authorization: Bearer ${{ steps.auth.outputs.access_token_2 }}'",
        "auth: Basic YWRtaW46YWRtaW4=",  # admin:admin
        "note: Basic internationalizationAndMore",
        "header: 'Authorization: Basic ${BASIC_AUTH_OF_THE_PROXY}'",
        "cache: build-key-0123456789abcdef0123456789abcdef",
        "hook: https://discord.com/api/webhooks/ID/TOKEN",
        "hf_this_is_an_ordinary_name_in_snake_case",
        "database: postgres://postgres:postgres@localhost:5432/test",
        "database: mysql://user:<password>@localhost/x",
        "skip: sk-this-is-an-ordinary-word-in-kebab-case",
        "OPENAI_API_KEY: sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_is_no_secret_is_left_alone(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("token: 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", "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"),
        ("x: sbp_" + "0a1b2c3d4e" * 4, "sbp_" + "0a1b2c3d4e" * 4),
        ("curl -u 'api:key-0f1e2d3c4b5a69788796a5b4c3d2e1f0'", "key-0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        (f"hook: https://discord.com/api/v10/webhooks/123456789012345678/{'aB3-dE5_fG'[:10] * 6}8", "aB3-dE5_fG" * 6 + "8"),
        ("h: 'Authorization: Basic bWlyYTpodW50ZXIy'", "bWlyYTpodW50ZXIy"),
        ("h: 'authorization: basic bWlyYTpzM2NyM3R6IQ=='", "bWlyYTpzM2NyM3R6IQ=="),
    ],
)  # fmt: skip
def test_a_token_of_a_known_shape_is_found(line: str, secret: str) -> None:
    assert found(line) == [secret]
    assert rows_to_read(line) == [0]
    assert secret not in Redaction().applied(line)


@pytest.mark.parametrize(
    ("line", "password"),
    [
        ("password: hunter2", "hunter2"),
        ("  - db_password: 's3cr3tz!'", "s3cr3tz!"),
        ("env: {USER: mira, DB_PASSWORD: hunter22, a: 1}", "hunter22"),
        ('{"user": "mira", "password":"Tr0ub4dor&3"}', "Tr0ub4dor&3"),
        ("export PGPASSWORD=hunter22", "hunter22"),
        ("psql --password=hunter22 --host db", "hunter22"),
        ("# the old dbPassword: hunter22", None),
        ("# dbPassword: hunter22", "hunter22"),
        ("passphrase: P@$$word-of-mine", "P@$$word-of-mine"),
        ("passphrase: correct-horse&staple", "correct-horse&staple"),
        ("password: ${DB_PASSWORD_2}", None),
        ("password: {{ workflow.parameters.pw2 }}", None),
        ("password: vault:kv/db2", None),
        ("password: /run/secrets/db2", None),
        ("password: DB_PASSWORD_2", None),
        ("password: pg-creds-2", None),
        ("password: input.login2", None),
        ("password: string", None),
        ("password: postgres", None),
        ("password: 86400", None),
        ("password: !vault abc12345", None),
        ("prompt: tell us the password: abc9xyz", None),
        ("password: abc9xyz is too short", None),
        ("password: 'must hold 8 characters'", None),
        ("password_file: creds42x", None),
        ("password = getpass(prompt2)", None),
        ("if password == 'hunter22'", None),
    ],
)
def test_a_password_is_found_beside_its_key(line: str, password: str | None) -> None:
    """What is a name, a reference, an example or prose is none."""
    assert found(line) == ([password] if password is not None else [])
    assert not found(line) or rows_to_read(line) == [0]


TOKEN = "16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (f'"\\x67hp_{TOKEN}"', [f"\\x67hp_{TOKEN}"]),
        (f'"\\u0067\\u0068\\u0070_{TOKEN}"', [f"\\u0067\\u0068\\u0070_{TOKEN}"]),
        (f'"gh\\\n      p_{TOKEN}"', [f"p_{TOKEN}"]),
        (f'"say\\nghp_{TOKEN}"', [f"ghp_{TOKEN}"]),
        (f'"\\x41 ghp_{TOKEN}, ghp_{TOKEN}"', [f"ghp_{TOKEN}"] * 2),
        ('"db:\\/\\/mira:hunter2@db"', ["hunter2"]),
        ('{password: "hunt\\x65r2"}', ["hunt\\x65r2"]),
        ("\n  password: >-\n    hunter2", ["hunter2"]),
        ("\n  password: |\n    hunter2", ["hunter2"]),
    ],
)
def test_a_secret_in_a_text_with_escapes_is_found(catalog: Catalog, value: str, places: list[str]) -> None:
    """A text says what it says, however its letters are written and wherever its lines are broken."""
    document = Document.parse(f"id: w\nversion: 1\nnodes: []\nedges: []\nx-note: {value}\n")
    spans = [finding.span for finding in check(document, catalog).findings() if finding.code == "secret"]
    assert [document.lines[span.line][span.column : span.end_column] for span in spans] == places


def test_a_long_line_full_of_keys_is_read_in_no_time() -> None:
    for part in ("password:", 'password:"', "password=", "{password: ", "passpassword"):
        line = part * (20_000 // len(part))
        started = time.process_time()
        secrets_in([line])
        assert time.process_time() - started < 0.5, part


def test_many_secrets_in_one_long_text_are_found_in_no_time(catalog: Catalog) -> None:
    text = "\\n".join(f"\\x67hp_{TOKEN}" for _ in range(2_000))
    document = Document.parse(f'id: w\nversion: 1\nnodes: []\nedges: []\nx-note: "{text}"\n')
    document.problems()
    started = time.process_time()
    found = [finding for finding in check(document, catalog).findings() if finding.code == "secret"]
    spent = time.process_time() - started
    print(f"\n{len(found)} of 2000 secrets in one text: {spent * 1e3:.0f} ms")
    assert len(found) >= 990
    assert spent < 3


def test_the_lines_that_are_passed_over_hold_nothing() -> None:
    rng = random.Random(29)
    parts = [
        "AKIA",
        "ghp_",
        "glpat-",
        "Bearer ",
        "api_key: ",
        "://a:",
        "@",
        " ",
        "é",
        "🙂",
        "-",
        "/",
        "sha256:",
        "=",
        "\ud800",
    ]
    counted = 0
    for _ in range(3_000):
        lines = [
            "".join(
                rng.choice(parts)
                if rng.random() < 0.5
                else "".join(rng.choices(BASE62, k=rng.randint(1, 30)))
                for _ in range(rng.randint(0, 5))
            )
            for _ in range(4)
        ]
        with_secrets = {row for row, line in enumerate(lines) if secrets_in([line])}
        counted += len(with_secrets)
        assert with_secrets <= set(rows_to_read("\n".join(lines))), lines
    assert counted > 1_000


def test_published_workflows_hold_no_secret_but_their_keys(catalog: Catalog) -> None:
    """They are named as workflows, so that the rule sees them; what else is wrong in them does not matter."""
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora in {CORPORA}")
    counts: dict[str, int] = {}
    files = [path for name in WORKFLOWS for path in sorted((CORPORA / name).rglob("*.y*ml"))]
    for path in files:
        checked = check(Document.parse(path.read_text("utf-8")), catalog, is_named=True)
        count = sum(finding.code == "secret" for finding in checked.findings())
        if count:
            counts[path.relative_to(CORPORA).as_posix()] = count
    print(f"\n{len(files)} files, secrets in {len(counts)}: {counts}")
    assert len(files) > 800
    assert counts == KEYS_OF_THE_CORPORA


def test_looking_for_secrets_takes_little_of_a_cold_check(catalog: Catalog) -> None:
    text = workflow(1_000)
    whole = sweep = float("inf")
    for _ in range(3):
        started = time.process_time()
        check(Document.parse(text), catalog).findings()
        between = time.process_time()
        document = Document.parse(text)
        document.problems()
        after = time.process_time()
        swept(document, 0, None, None)
        sweep = min(sweep, time.process_time() - after)
        whole = min(whole, between - started)
    print(f"\n1 000 nodes: {sweep * 1e3:.2f} of {whole * 1e3:.1f} ms, {sweep / whole:.1%}")
    assert sweep <= 0.05 * whole
