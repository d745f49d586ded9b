"""Whether two values are the same, told in 16 hex digits, with a bound on the work."""

from hashlib import blake2b

from darwinflow.model.run import Json

MOST_CHARACTERS = 64 << 10
"""Of one value; a longer one is not compared."""


class Allowance:
    """How many characters of one run may still be read."""

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = characters

    def spend(self, characters: int) -> bool:
        """Whether that was still to be had."""
        self.left -= characters
        return self.left >= 0


def digest_of(value: Json, allowance: Allowance) -> str | None:
    """The same for values that are equal as JSON; None where *value* is too long or *allowance* is spent."""
    hashed = blake2b(digest_size=8)
    own = Allowance(min(MOST_CHARACTERS, allowance.left))
    before = own.left
    waiting: list[Json] = [value]
    try:
        while waiting:
            if not _take(waiting, hashed, own):
                return None
    finally:
        allowance.spend(before - own.left)
    return hashed.hexdigest()


class _Sign(str):
    """A piece of punctuation, apart from texts of values."""

    __slots__ = ()


_END = _Sign("end")


def _take(waiting: list[Json], hashed: "blake2b", own: Allowance) -> bool:
    """Hash the next of *waiting*, and put what is in it there; whether *own* sufficed."""
    value = waiting.pop()
    if isinstance(value, dict):
        if not own.spend(len(value) + 1):
            return False
        hashed.update(b"{")
        waiting.append(_END)
        for key in sorted(value, reverse=True):
            waiting += (value[key], key)
    elif isinstance(value, (list, tuple)):
        if not own.spend(len(value) + 1):
            return False
        hashed.update(b"[")
        waiting.append(_END)
        waiting += reversed(value)
    elif value is _END:
        hashed.update(b"]")
    else:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and value.bit_length() > own.left:
            return False  # its digits would take longer than they are worth
        text = f"s{value}" if isinstance(value, str) else f"v{value}"
        if not own.spend(len(text)):
            return False
        content = text.encode("utf-8", "surrogatepass")
        hashed.update(b"%d:" % len(content) + content)
    return True
