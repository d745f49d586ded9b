"""The limit that a session may set to the size of files: writing beyond it fails, however much room the disk has."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from darwinflow.model.errors import StoreFull


def size_limit() -> int | None:
    """In bytes; None where this process has none."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return None if limit == resource.RLIM_INFINITY else limit


@contextmanager
def limited_to(size: int) -> Iterator[None]:
    """Meanwhile no file that this process writes may grow beyond *size* bytes, or less where its session says so."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    least = size if before == resource.RLIM_INFINITY else min(size, before)
    resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def beyond_limit(path: str) -> StoreFull:
    """*path* is a file, or the folder of one, that cannot grow."""
    return StoreFull(
        f"{path} cannot grow: no file may be larger than {size_limit()} bytes where darwinflow was started",
        hint="where ulimit -f says unlimited: darwinflow daemon stop, then darwinflow daemon start; "
        "nothing that was acknowledged is lost",
    )
