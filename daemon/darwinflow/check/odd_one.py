"""Whether a name that nobody has declared is a slip for certain.

What is declared may be what its author has just changed, with all that uses it still to follow: only where other
uses agree with it is the odd one known.
"""


def is_odd(uses: int, other_uses: int) -> bool:
    """*uses*: of the name, which nobody has declared; *other_uses*: of the declared one that it is nearly called as."""
    return 0 < uses <= other_uses
