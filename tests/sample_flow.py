"""Small workflows: one that editors are tried on, and one that may be published in as many versions as a test needs."""

WORKFLOW = """\
id: assistant
version: 3
description: Classify a request, then act on it
metadata: {parent: 2}
nodes:
  - id: read_vision
    type: FILE_READ
    config: {path: docs/vision.md}
  - id: classify
    type: LLM_DECISION
    config:
      prompt: "Core, Integration or Workflow?"
      options: [Core, Integration]
  - id: core_path
    type: CLAUDE_CODE
    config: {prompt: Change the core}
edges:
  - {from: START, to: read_vision}
  - {from: read_vision, to: classify}
  - {from: classify, to: core_path}
  - {from: core_path, to: END}
"""
"""Without a finding."""
MISSPELT = WORKFLOW.replace("to: classify}", "to: clasify}")

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
