"""A small workflow that may be published, in as many versions as a test needs."""

FLOW = """\
id: triage
version: {version}
description: Sort what comes in
metadata:
  createdBy: user
  reasoning: {reasoning}
{parent}nodes:
  - id: look
    type: FILE_READ
    config:
      path: in.txt
edges:
  - from: START
    to: look
  - from: look
    to: END
"""


def flow(version: int = 1, reasoning: str = "the first", parent: str = "") -> str:
    return FLOW.format(version=version, reasoning=reasoning, parent=parent)
