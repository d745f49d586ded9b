"""Makes the dictionary that bodies of runs are packed with: `python -m tests.train_dictionary NUMBER > FILE`.

It is trained on runs as the recorder leaves them: its own field names, metadata of hosts and commits, calls of models
and tools, decisions, tracebacks, and English prose of common words. The same seed gives the same file.
"""

import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import zstandard

from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.storage.log_codec import dump_log

SEED = 20261127
RUNS = 4_000
BYTES = 16 << 10
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = """
a about above added after again all already also an and another answer any are as ask at back be because
been before below best between both but by call can case change changed changes check clear code could
customer data date day did do document does done each email end error every example file find first fix for
found from get given go good had has have he help how i if in information input into invoice is issue it
item its just keep know last later like line list look made main make many may message might more most must
my name need new next no not note now number of off on once one only open or order other our out over part
person place plan please possible problem question read reason refund report request result return review
right said same say see send set she should show since so some step still stop such summary support sure
system take tell test text than thank that the their them then there these they thing this those three
through ticket time title to today told two under until up update use used user using version very want was
way we week well were what when where which while who why will with within without work would write year yes
yet you your
""".split()  # noqa: SIM905 - one word a line would fill four pages
NODES = (
    "classify",
    "plan",
    "draft",
    "review",
    "approve",
    "implement",
    "test",
    "deploy",
    "summarize",
    "search",
    "ask",
    "notify",
)
TYPES = ("LLM_DECISION", "LLM_EXECUTION", "TOOL_CALL", "HUMAN_INPUT", "SUB_WORKFLOW", "CODE", "CONDITION")
MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "gpt-5", "gemini-2.5-pro", "llama-4", "mistral-large")
ANSWERS = (
    "yes",
    "no",
    "approve",
    "reject",
    "question",
    "bug",
    "feature",
    "refund",
    "escalate",
    "retry",
    "done",
)
ERRORS = (
    'Traceback (most recent call last):\n  File "run.py", line 12, in <module>\n    main()\nValueError: ',
    "TimeoutError: the request timed out after ",
    "ConnectionError: HTTPSConnectionPool(host='api.example.org', port=443): Max retries exceeded with url: /v1/",
    "KeyError: 'output'", "RuntimeError: rate limit exceeded, retry after ", "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
)  # fmt: skip


class Author:
    """Makes up runs."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def run(self) -> ExecutionLog:
        rng = self._rng
        at = START + timedelta(seconds=rng.randrange(86_400 * 365), microseconds=rng.randrange(10**6))
        begun = at
        steps = []
        for number in range(rng.choice([1, 2, 3, 5, 8, 10])):
            steps.append(self._step(number, at))
            at += timedelta(milliseconds=rng.randrange(1, 90_000), microseconds=rng.randrange(1000))
        status = RunStatus.FAILED if steps[-1].error else RunStatus.SUCCESS
        return ExecutionLog(
            run_id=f"01{rng.getrandbits(48):012x}-7{rng.getrandbits(12):03x}-b{rng.getrandbits(60):015x}",
            workflow_id=rng.choice(NODES),
            workflow_version=rng.randrange(1, 30),
            start_time=begun,
            workflow_hash=f"{rng.getrandbits(256):064x}",
            input=RunInput({"request": self._prose(2, 20)}, None),
            output=RunOutput(status, at, self._prose(1, 12), steps[-1].error, {}),
            steps=tuple(steps),
            metadata={
                "recorder": rng.choice(["python", "stdin"]),
                "recorderVersion": "0.1.0",
                "pid": rng.randrange(2, 99_999),
                "host": rng.choice(["worker-1", "ci", "laptop", "build"]),
                "user": rng.choice(["root", "ada", "runner", "app"]),
                "commit": f"{rng.getrandbits(160):040x}",
            },
        )

    def _step(self, number: int, at: datetime) -> StepLog:
        rng = self._rng
        failed = rng.random() < 0.08
        node = rng.choice(NODES)
        end = at + timedelta(milliseconds=rng.randrange(1, 60_000))
        return StepLog(
            step_id=rng.choice([f"step-{number:04}", f"s{number + 1}", str(number)]),
            node_id=node,
            node_type=rng.choice(TYPES),
            start_time=at,
            end_time=end,
            status=RunStatus.FAILED if failed else RunStatus.SUCCESS,
            input=self._value({"prompt": self._prose(5, 60), "context": [f"{rng.choice(NODES)}.output"]}),
            output=None
            if failed
            else self._value({"decision": rng.choice(ANSWERS), "text": self._prose(3, 60)}),
            error=f"{rng.choice(ERRORS)}{self._prose(1, 8)}" if failed else None,
            attempt=rng.choice([1, 1, 1, 2, 3]),
            actions=tuple(self._action(at) for _ in range(rng.choice([0, 1, 1, 2]))),
        )

    def _action(self, at: datetime) -> ActionLog:
        rng = self._rng
        details: dict[str, Any] = {"model": rng.choice(MODELS), "tokens": rng.randrange(50, 9_000)}
        details |= {"cost": round(rng.random() / 10, 4)} if rng.random() < 0.6 else {}
        details |= (
            {"inputTokens": rng.randrange(9_000), "outputTokens": rng.randrange(900)}
            if rng.random() < 0.4
            else {}
        )
        if rng.random() < 0.3:
            details = {
                "tool": rng.choice(NODES),
                "arguments": {"path": f"docs/{rng.choice(WORDS)}.md", "query": self._prose(2, 5)},
            }
            return ActionLog("TOOL_CALL", at, details)
        return ActionLog("LLM_CALL", at, details)

    def _value(self, usual: dict[str, Any]) -> object:
        choices: tuple[Callable[[], object], ...] = (
            lambda: usual,
            lambda: usual,
            lambda: self._prose(2, 40),
            lambda: {"messages": [{"role": "system", "content": self._prose(5, 30)}, {"role": "user", "content": self._prose(3, 30)}]},
            lambda: {"items": [self._prose(1, 6) for _ in range(self._rng.randrange(4))], "count": self._rng.randrange(50), "ok": True},
        )  # fmt: skip
        return self._rng.choice(choices)()

    def _prose(self, least: int, most: int) -> str:
        rng = self._rng
        words = [rng.choice(WORDS) for _ in range(rng.randint(least, most))]
        return " ".join(words).capitalize() + rng.choice(["", ".", ".", "?", "\n"])


def main() -> None:
    author = Author(random.Random(SEED))
    samples = [dump_log(author.run()) for _ in range(RUNS)]
    dictionary = zstandard.train_dictionary(BYTES, samples, dict_id=int(sys.argv[1]), level=3)
    sys.stdout.buffer.write(dictionary.as_bytes())


if __name__ == "__main__":
    main()
