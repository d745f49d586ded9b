"""Copy a workflow into the store as an immutable version."""

import argparse
import json
import os

from darwinflow.cli.session import open_session
from darwinflow.cli.target import text_of


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a workflow file")
    parser.add_argument("--json", action="store_true", help="one JSON object a file")


def run(args: argparse.Namespace) -> int:
    for path in args.files:
        text = text_of(path)
        with open_session(path) as client:
            answer = client.call("workflow/publish", {"text": text, "path": os.path.abspath(path)})
        if args.json:
            print(json.dumps(answer))
        elif answer["created"]:
            print(
                f"published {answer['workflow']} v{answer['version']}, content {answer['contentHash'][:12]}"
            )
        else:
            print(f"{answer['workflow']} v{answer['version']} is published already, with the same content")
    return 0
