"""Show what runs add up to: by version, or over time with a small chart."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from darwinflow.cli.columns import fitted, name_in
from darwinflow.cli.figures import cost, success, tokens
from darwinflow.cli.main import EXIT_USAGE, complain
from darwinflow.cli.published import Named, meant, named
from darwinflow.cli.session import Place, open_session, place_of
from darwinflow.cli.spans import MAX_SPANS, days, hours, moment, since_of, thinned
from darwinflow.cli.target import add_workflow, file_of
from darwinflow.cli.terminal import Terminal, say, terminal_of
from darwinflow.model.phrases import MONTHS, age, brief_age, duration
from darwinflow.rpc.client.blocking import Client

Figures = dict[str, Any]
"""A version or a span of time with its `summary`, as the daemon's replies have them."""

USUAL_SINCE = {"version": "7d", "day": "30d", "hour": "2d"}
"""Of charts and spans; the figures of versions are of all time where nothing is said."""
CELLS = 24
"""Most characters of a chart's line."""
BAR_CELLS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    add_workflow(parser, "WORKFLOW[@VERSION]")
    parser.add_argument(
        "--by", choices=("version", "hour", "day"), default="version", help="version where absent"
    )
    parser.add_argument(
        "--since",
        type=since_of,
        metavar="WHEN",
        help="from when on: 12h, 7d, 2w or a day as in 2026-11-20, from the beginning of that hour; by day and with --nodes, "
        "of that day; where absent "
        + ", ".join(f"{since} by {by}" for by, since in USUAL_SINCE.items() if by != "version")
        + ", and all by version",
    )
    parser.add_argument(
        "--nodes", action="store_true", help="by node of the workflow, what took longest in all first"
    )
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.nodes and args.by != "version":
        return complain(
            "--nodes and --by exclude each other", f"darwinflow metrics {args.workflow or 'WORKFLOW'} --nodes",
            EXIT_USAGE,
        )  # fmt: skip
    if args.workflow is None and (args.since is not None or args.by != "version" or args.nodes):
        option = "--nodes" if args.nodes else "--since" if args.since is not None else f"--by {args.by}"
        return complain(f"{option} needs a workflow", f"darwinflow metrics WORKFLOW {option}", EXIT_USAGE)
    now = datetime.now().astimezone()
    if args.since is not None and not isinstance(args.since, timedelta) and args.since > now.date():
        return complain(f"{args.since} is still to come", f"darwinflow metrics {args.workflow}", EXIT_USAGE)
    if args.workflow is None:
        return _all(args, now)
    if args.nodes:
        return _by_node(args, now)
    since = moment(since_of(USUAL_SINCE[args.by]) if args.since is None else args.since, now)
    edges = _edges(args.by, since, now)
    if len(edges) - 1 > MAX_SPANS:
        reach = f"{MAX_SPANS // 24} d" if args.by == "hour" else f"{MAX_SPANS} d"
        return complain(
            f"--by {args.by} reaches back at most {reach}",
            f"darwinflow metrics {args.workflow} --by day",
            EXIT_USAGE,
        )
    wanted = named(args.workflow)
    if args.by == "version":
        return _by_version(args, wanted, since, edges, now)
    return _over_time(args, wanted, edges, now)


def _edges(by: str, since: datetime, now: datetime) -> list[datetime]:
    if by == "version":
        spans = hours if (now - since).days < 2 else days
        return thinned(spans(since, now), CELLS)
    return hours(since, now) if by == "hour" else days(since, now)


def _all(args: argparse.Namespace, now: datetime) -> int:
    with open_session(None) as client:
        versions = client.call("metrics/summary")["versions"]
        place = None if versions or args.json else place_of(client, None)
        missed = place and _uncounted(client)
    if args.json:
        print(json.dumps({"by": "version", "versions": versions}))
    elif place is not None:
        say(missed or _nothing(None, place, None, now))
    else:
        terminal = terminal_of()
        rows = [(name_in(one["workflow"], terminal), *_cells(one, now)) for one in versions]
        for line in fitted(("WORKFLOW", *_HEADING), rows, terminal):
            print(line)
    return 0


def _by_node(args: argparse.Namespace, now: datetime) -> int:
    from darwinflow.cli.metrics_nodes import HEADING, rows, said

    wanted = named(args.workflow)
    since = None if args.since is None else moment(args.since, now)
    with open_session(wanted.path) as client:
        nodes = client.call("metrics/nodes", said(wanted, since))["nodes"]
        missed = None if nodes or args.json else _missed(client, wanted, since, now)
    if args.json:
        told = None if since is None else _begin_of_day(since).isoformat()
        answer = {"by": "node", "workflow": wanted.workflow, "version": wanted.version, "since": told}
        print(json.dumps({**answer, "nodes": nodes}))
    elif missed is not None:
        say(missed)
    else:
        terminal = terminal_of()
        for line in fitted(HEADING, rows(nodes, terminal), terminal):
            print(line)
    return 0


def _begin_of_day(moment: datetime) -> datetime:
    """Of UTC, by which figures of nodes are kept."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _by_version(
    args: argparse.Namespace, wanted: Named, since: datetime, edges: list[datetime], now: datetime
) -> int:
    with open_session(wanted.path) as client:
        if args.since is None:
            versions = client.call("metrics/summary", {"workflow": wanted.workflow})["versions"]
            versions = [one for one in versions if wanted.version in (None, one["version"])]
        else:
            versions = _trend(client, wanted, [hours(since, now)[0], edges[-1]], by_version=True)
        points = _trend(client, wanted, edges, by_version=True) if versions else []
        missed = None
        if not versions and not args.json:
            missed = _missed(client, wanted, None if args.since is None else since, now)
    if args.json:
        told = None if args.since is None else hours(since, now)[0].isoformat()
        answer = {"by": "version", "workflow": wanted.workflow, "since": told}
        for one in versions:
            one.pop("start", None)
            one["workflow"] = wanted.workflow
            one["trend"] = _spans([point for point in points if point["version"] == one["version"]], edges)
        print(json.dumps({**answer, "versions": versions}))
    elif missed is not None:
        say(missed)
    else:
        for line in _version_table(versions, points, edges, terminal_of(), now):
            print(line)
    return 0


def _over_time(args: argparse.Namespace, wanted: Named, edges: list[datetime], now: datetime) -> int:
    with open_session(wanted.path) as client:
        points = _trend(client, wanted, edges, by_version=False)
        missed = None if points or args.json else _missed(client, wanted, edges[0], now)
    if args.json:
        answer = {"by": args.by, "workflow": wanted.workflow, "version": wanted.version}
        print(json.dumps({**answer, "since": edges[0].isoformat(), "points": _spans(points, edges)}))
    elif missed is not None:
        say(missed)
    else:
        for line in _time_table(points, args.by, terminal_of(), now):
            print(line)
    return 0


def _trend(client: Client, wanted: Named, edges: Sequence[datetime], *, by_version: bool) -> list[Figures]:
    question: dict[str, Any] = {
        "workflow": wanted.workflow,
        "edges": [edge.isoformat() for edge in edges],
        "byVersion": by_version,
    }
    if wanted.version is not None:
        question["version"] = wanted.version
    found: list[Figures] = client.call("metrics/trend", question)["points"]
    return found


def _spans(points: list[Figures], edges: list[datetime]) -> list[Figures]:
    """*points* with the edges that each begins and ends with."""
    spans = {edge: {"start": edge.isoformat(), "end": later.isoformat()} for edge, later in pairwise(edges)}
    return [{**spans[_start(point)], "summary": point["summary"]} for point in points]


def _start(point: Figures) -> datetime:
    return datetime.fromisoformat(point["start"])


_HEADING = ("VERSION", "RUNS", "SUCCEEDED", "MEDIAN", "P95", "P99", "TOKENS", "COST", "LAST RUN")


def _cells(one: Figures, now: datetime) -> tuple[str, ...]:
    summary = one["summary"]
    version = f"v{one['version']}" if one["version"] else "draft"
    last = brief_age(datetime.fromisoformat(summary["lastUpdated"]), now)
    return (version, *_figures(summary), last)


def _figures(summary: dict[str, Any]) -> tuple[str, ...]:
    times = [duration(summary[name]) for name in ("p50Ms", "p95Ms", "p99Ms")]
    share = (
        success(summary).removesuffix(f" of {summary['runs']}") if summary["runs"] >= 5 else success(summary)
    )
    return (str(summary["runs"]), share, *times, tokens(summary["tokens"]), cost(summary["cost"]))


def _version_table(
    versions: list[Figures], points: list[Figures], edges: list[datetime], terminal: Terminal, now: datetime
) -> Sequence[str]:
    """Newest version first; each with a line of its 95th percentiles, all drawn to one scale."""
    from darwinflow.cli.chart import full, line

    places = {edge: place for place, edge in enumerate(edges)}
    most = max((point["summary"]["p95Ms"] for point in points), default=0.0)
    rows = []
    for one in reversed(versions):
        heights: list[float | None] = [None] * (len(edges) - 1)
        for point in points:
            if point["version"] == one["version"]:
                heights[places[_start(point)]] = point["summary"]["p95Ms"]
        drawn = line(heights, most, utf8=terminal.utf8) if points else ""
        rows.append((*_cells(one, now), drawn))
    step = _step(edges[-1] - edges[-2])
    title = f"P95 BY {step} ({full(utf8=terminal.utf8)} = {duration(most)})"
    return list(fitted((*_HEADING, title), rows, terminal))


def _step(span: timedelta) -> str:
    """`HOUR`, `2 HOURS`, `DAY`, `3 DAYS`: a day may have 23 or 25 hours."""
    hour_count = round(span.total_seconds() / 3600)
    count, unit = (hour_count, "HOUR") if hour_count < 23 else (round(hour_count / 24), "DAY")
    return unit if count == 1 else f"{count} {unit}S"


def _time_table(points: list[Figures], by: str, terminal: Terminal, now: datetime) -> Sequence[str]:
    """A line a span in which runs ended, in order of time, with a bar of its 95th percentile."""
    from darwinflow.cli.chart import bar

    most = max(point["summary"]["p95Ms"] for point in points)
    rows = [
        (
            _when(_start(point), by, now),
            *_figures(point["summary"]),
            bar(point["summary"]["p95Ms"], most, BAR_CELLS, utf8=terminal.utf8),
        )
        for point in points
    ]
    return list(fitted((by.upper(), *_HEADING[1:-1], f"P95, TO {duration(most)}"), rows, terminal))


def _when(start: datetime, by: str, now: datetime) -> str:
    local = start.astimezone(now.tzinfo)
    year = "" if local.year == now.year else f" {local.year}"
    return f"{local.day:2} {MONTHS[local.month - 1]}{year}" + (f" {local:%H:%M}" if by == "hour" else "")


def _missed(client: Client, wanted: Named, since: datetime | None, now: datetime) -> str:
    """That nothing was found, where, and what may have been meant."""
    known = client.call("metrics/summary")["versions"]
    if not known and (missed := _uncounted(client)):
        return missed
    near = "" if any(one["workflow"] == wanted.workflow for one in known) else meant(wanted.workflow, known)
    return _nothing(wanted, place_of(client, wanted.path), since, now, near)


def _uncounted(client: Client) -> str | None:
    """Where there are no figures at all: that runs have ended all the same, and what to do."""
    if not any(
        client.call("run/query", {"status": one, "limit": 1})["runs"] for one in ("SUCCESS", "FAILED")
    ):
        return None
    return (
        "Runs have ended here and none is counted, as where `metrics` of config.yaml named another store before. Count "
        "them: darwinflow storage repair; or name the old store again, and move: darwinflow storage migrate --dry-run."
    )


def _nothing(
    wanted: Named | None, place: Place, since: datetime | None, now: datetime, near: str = ""
) -> str:
    version = f" v{wanted.version}" if wanted and wanted.version is not None else ""
    whose = f"of '{wanted.workflow}'{version} " if wanted else ""
    if since is not None:
        return f"No run {whose}has ended since {age(since, now)} in {place.name}{near or '; ' + place.elsewhere + '.'}"
    if near:
        return f"No run {whose}has ended yet in {place.name}{near}"
    file = file_of("", wanted.workflow) if wanted else "FILE"
    return (
        f"No run {whose}has ended yet in {place.name}. Record one: darwinflow record --workflow {file} -- python run.py; "
        f"or {place.elsewhere}."
    )
