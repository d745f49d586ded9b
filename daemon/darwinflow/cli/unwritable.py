"""What to do about a file that cannot be written, by what the system says."""

import errno

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def advice_on(exc: OSError, otherwise: str, *, denied: str | None = None) -> str:
    """Words that may follow `try:`; *otherwise* where the reason says nothing about the way on.

    *denied*: what to do where the right to write is missing, else *otherwise*.
    """
    if exc.errno in _DENIED and denied is not None:
        return denied
    if exc.errno in _FULL:
        return "free some space on that disk"
    if exc.errno == errno.EFBIG:
        return "ulimit -f unlimited, or a shell in which files may grow so large"
    return otherwise
