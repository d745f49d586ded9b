"""Histories, runs and figures from what the daemon sends.

The daemon validates what it sends; what is not as it promises raises `KeyError`, `TypeError` or `ValueError` here,
and the link takes that as an answer it did not get.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from darwinflow.model.metric import WorkflowSummary
from darwinflow.model.run import RunHeader, RunStatus, StepBrief
from darwinflow.model.workflow import Parent, PublishedVersion
from darwinflow_lsp.history import KEPT_RUNS, History

Wire = Mapping[str, Any]
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)
"""What reading raises where something is not as the protocol says."""


def history(answer: Wire, content_hash: str, before: History | None) -> History:
    """The reply to `workflow/history`, which was asked with *content_hash*.

    What was known of other texts before stays: their figures change only by events, and those were heard.
    """
    versions = tuple(sorted(map(_version, answer["lineage"]), key=lambda each: each.version))
    of_versions = {
        each["version"]: summary(each["summary"]) for each in answer["lineage"] if each.get("summary")
    }
    of_texts = {} if before is None or before.away_since is not None else dict(before.of_texts)
    if content_hash:
        text = answer["summaries"]["text"]
        of_texts[content_hash] = None if text is None else summary(text)
    return History(
        answer["workflow"],
        versions,
        tuple(map(run_header, answer["runs"][:KEPT_RUNS])),
        of_versions,
        of_texts,
        int(answer["offset"]),
    )


def folded(known: History, offset: int, payload: Wire) -> History:
    """*known* after an event of the topic `run`."""
    figures = payload.get("summaries") or {}
    of_version, of_text = figures.get("version"), figures.get("text")
    return known.with_run(
        run_header(payload["run"]),
        offset,
        None if of_version is None else summary(of_version),
        None if of_text is None else summary(of_text),
    )


def with_published(known: History, offset: int, payload: Wire) -> History:
    """*known* after an event of the topic `workflow`."""
    return known.with_version(_version(payload["version"]), offset)


def run_header(wire: Wire) -> RunHeader:
    return RunHeader(
        wire["runId"],
        wire["workflowId"],
        wire["workflowVersion"],
        wire["workflowHash"],
        RunStatus(wire["status"]),
        datetime.fromisoformat(wire["startTime"]),
        None if wire["endTime"] is None else datetime.fromisoformat(wire["endTime"]),
        wire["stepCount"],
        wire["failedNode"],
        wire["error"],
        tuple(
            StepBrief(step["nodeId"], RunStatus(step["status"]), step["durationMs"], step["error"])
            for step in wire["steps"]
        ),
    )


def summary(wire: Wire) -> WorkflowSummary:
    return WorkflowSummary(
        wire["runs"],
        wire["successes"],
        wire["failures"],
        wire["averageMs"],
        wire["p50Ms"],
        wire["p95Ms"],
        wire["p99Ms"],
        wire["tokens"],
        wire["cost"],
        datetime.fromisoformat(wire["lastUpdated"]),
    )


def _version(wire: Wire) -> PublishedVersion:
    parent = wire["parent"]
    return PublishedVersion(
        wire["workflow"],
        wire["version"],
        wire["contentHash"],
        None if parent is None else Parent(parent["workflow"], parent["version"]),
        wire["createdBy"],
        wire["reasoning"],
        wire["description"],
        wire["publishedBy"],
        datetime.fromisoformat(wire["publishedAt"]),
    )
