"""How bodies are kept. Each row says which codec its body has, so a better one may come beside those that are there."""

import zstandard

from darwinflow.model.errors import StoreDamaged

ZSTD = 1
"""zstd, no dictionary, with checksum."""

_LEVEL = 3
_MOST_BYTES = 256 << 20
"""Nothing of this size is ever taken in; a header that claims more is damage."""


class Compression:
    """Of one connection, and as little shared between threads as that."""

    __slots__ = ("_compressor", "_decompressor")

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._decompressor = zstandard.ZstdDecompressor()

    def pack(self, plain: bytes) -> bytes:
        """For a row whose codec is `ZSTD`."""
        return self._compressor.compress(plain)

    def unpack(self, codec: int, packed: bytes) -> bytes:
        """Raises `StoreDamaged`."""
        if codec != ZSTD:
            raise StoreDamaged(f"a run's body has codec {codec}, which this version does not know")
        try:
            if zstandard.frame_content_size(packed) > _MOST_BYTES:
                raise StoreDamaged("a run's body claims an impossible size")
            return self._decompressor.decompress(packed)
        except zstandard.ZstdError as error:
            raise StoreDamaged(f"a run's body cannot be read: {error}") from error
