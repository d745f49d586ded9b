"""Share an organization's runs and figures with a team, in its PostgreSQL database."""

import argparse
import json
import os

from darwinflow.cli.alone import alone
from darwinflow.cli.terminal import say
from darwinflow.recorder.paths import home_of
from darwinflow.settings.dsn import resolved

_DSN = "of the database, such as postgresql://ada@db.example.org/darwinflow or '${TEAM_DSN}'; never with a password in it"
_NAME = ("NAME", "what the organization is called")
_ROLE = ("ROLE", "what one member, and nobody else, connects as")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|admit|dismiss|join")
    for name, text, second in (
        ("create", "prepare a database and make an organization in it, as its owner", _NAME),
        ("admit", "let a role of the database work in the organization, as its owner", _ROLE),
        ("dismiss", "take a role out of the organization, as its owner", _ROLE),
        ("join", "keep this machine's runs and figures in the organization from now on", None),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("dsn", metavar="DSN", help=_DSN)
        if second is not None:
            word, meaning = second
            action.add_argument(word.lower(), metavar=word, help=meaning)
        if name != "create":
            action.add_argument("--organization", metavar="NAME", help="where the database has several")
        action.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    actions = {"create": _create, "admit": _admit, "dismiss": _dismiss, "join": _join}
    return actions[args.action](args)


def _create(args: argparse.Namespace) -> int:
    from darwinflow.storage import team

    made, is_new = team.create(resolved(args.dsn, os.environ), args.name)
    return _told(
        args,
        {"organization": made.id, "name": made.name, "created": is_new},
        f"{'made' if is_new else 'there already:'} organization {made.name} ({made.id}) in {made.place}",
    )


def _admit(args: argparse.Namespace) -> int:
    from darwinflow.storage import team

    into = team.admit(resolved(args.dsn, os.environ), args.role, args.organization)
    return _told(
        args,
        {"organization": into.id, "name": into.name, "role": args.role},
        f"role {args.role} may work in organization {into.name} of {into.place}",
    )


def _dismiss(args: argparse.Namespace) -> int:
    from darwinflow.storage import team

    out_of, was_member = team.dismiss(resolved(args.dsn, os.environ), args.role, args.organization)
    done = "is no member any more" if was_member else "was no member"
    return _told(
        args,
        {"organization": out_of.id, "name": out_of.name, "role": args.role, "dismissed": was_member},
        f"role {args.role} {done} of organization {out_of.name} of {out_of.place}",
    )


def _join(args: argparse.Namespace) -> int:
    from darwinflow.daemon.joining import join
    from darwinflow.storage import team

    home = home_of(os.environ)
    found = team.membership(resolved(args.dsn, os.environ), args.organization)
    alone(home, lambda: join(home, found, args.dsn, os.environ))
    return _told(
        args,
        {"organization": found.id, "name": found.name, "config": os.path.join(home.config, "config.yaml")},
        f"joined organization {found.name} of {found.place}; runs and figures are kept there from now on",
    )


def _told(args: argparse.Namespace, facts: dict[str, object], line: str) -> int:
    if args.json:
        print(json.dumps(facts))
    else:
        say(line)
    return 0
