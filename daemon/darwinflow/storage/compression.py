"""How bodies are kept. Each row says which codec its body has, so a better one may come beside those that are there."""

import os
from collections.abc import Callable
from typing import Final

import zstandard

from darwinflow.model.errors import StoreDamaged

ZSTD: Final = 1
"""zstd, no dictionary, with checksum."""
ZSTD_DICTIONARY: Final = 2
"""zstd with checksum and the dictionary whose number stands in the frame."""

NEWEST_DICTIONARY: Final = 1
"""What runs have in common, so that short ones become half as long. A released one never changes: a better one has
the next number. `tests/train_dictionary.py` makes it."""

_LEVEL: Final = 3
_MOST_BYTES: Final = 256 << 20
"""Nothing of this size is ever taken in; a header that claims more is damage."""
_FOLDER: Final = os.path.join(os.path.dirname(__file__), "dictionaries")


def shipped_dictionary(number: int) -> bytes | None:
    """The dictionary *number* that ships with this version; None where it has none of that number."""
    try:
        with open(os.path.join(_FOLDER, f"{number}.zdict"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Compression:
    """Of one connection, and as little shared between threads as that."""

    __slots__ = ("_compressor", "_decompressors", "_kept")

    def __init__(self, kept: Callable[[int], bytes | None] | None = None) -> None:
        """*kept*: the dictionary of a number as the store has it. Without it none is packed with."""
        self._kept = kept
        dictionary = self._dictionary(NEWEST_DICTIONARY) if kept is not None else None
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, dict_data=dictionary)
        self._decompressors: dict[int, zstandard.ZstdDecompressor] = {}

    @property
    def codec(self) -> int:
        """Of what `pack` gives."""
        return ZSTD if self._kept is None else ZSTD_DICTIONARY

    def pack(self, plain: bytes) -> bytes:
        """For a row whose codec is `codec`."""
        return self._compressor.compress(plain)

    def unpack(self, codec: int, packed: bytes) -> bytes:
        """Raises `StoreDamaged`."""
        if codec not in (ZSTD, ZSTD_DICTIONARY):
            raise StoreDamaged(f"a run's body has codec {codec}, which this version does not know")
        try:
            frame = zstandard.get_frame_parameters(packed)
            if zstandard.frame_content_size(packed) > _MOST_BYTES:
                raise StoreDamaged("a run's body claims an impossible size")
            return self._decompressor(frame.dict_id).decompress(packed)
        except zstandard.ZstdError as error:
            raise StoreDamaged(f"a run's body cannot be read: {error}") from error

    def _decompressor(self, number: int) -> zstandard.ZstdDecompressor:
        known = self._decompressors.get(number)
        if known is None:
            dictionary = self._dictionary(number) if number else None
            known = self._decompressors[number] = zstandard.ZstdDecompressor(dict_data=dictionary)
        return known

    def _dictionary(self, number: int) -> zstandard.ZstdCompressionDict:
        content = shipped_dictionary(number)
        if content is None and self._kept is not None:
            content = self._kept(number)
        if content is None:
            raise StoreDamaged(f"a run's body is packed with dictionary {number}, which is not there")
        return zstandard.ZstdCompressionDict(content)
