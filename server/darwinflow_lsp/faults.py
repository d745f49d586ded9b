"""Where faults of ours are seen: the log on standard error, which editors keep. Never the client's answers."""


def report_note(text: str) -> None:
    import logging

    logging.getLogger("darwinflow_lsp").warning("%s", text)


def report_fault(what: str, fault: BaseException | None = None) -> None:
    """Into the log, with the traceback of *fault* or of what is being handled."""
    import logging

    logging.getLogger("darwinflow_lsp").error("%s failed", what, exc_info=fault or True)
