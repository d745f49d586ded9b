"""SHA-256 without OpenSSL, whose loading would be an eighth of what importing the recorder may cost."""

import sys

# The interpreter's own, as `random` takes it too. Slower than OpenSSL's for megabytes, which are rare here.
if sys.version_info >= (3, 12):
    from _sha2 import sha256
else:
    from _sha256 import sha256  # type: ignore[import-not-found]  # its stub begins with 3.12


def sha256_hex(content: bytes) -> str:
    """64 hexadecimal digits in lower case."""
    return str(sha256(content).hexdigest())
