"""Parts of a remote TIFF in a local file of the same size, just those that a window needs.

A cloud-optimised GeoTIFF says at its beginning where its tiles lie. Those that are needed are
fetched to where they belong, the rest stays a hole, and GDAL reads the file as any other. So every
byte comes through `Session`, with its checks, and GDAL never sees an address or a token.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common.errors import CatalogueError
from ..raster.tiling import Window
from .addresses import shown_address
from .network import Session

#: Bytes of the first request: directories and tile tables of a band fit in.
HEAD = 2**14
#: Gaps up to this many bytes are fetched along: a request costs more.
_GAP = 2**12
#: Bytes of one request; a longer one loses more when it breaks off.
_LONGEST = 2**23
#: Bytes before and after a tile, with its length and its end, which GDAL checks.
_RIM = 4
_MOST_LEVELS, _MOST_TAGS, _MOST_BLOCKS = 32, 300, 2_000_000
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_KINDS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_SUBFILE, _WIDTH, _HEIGHT, _SAMPLES, _STRIP_ROWS = 254, 256, 257, 277, 278
_STRIPS, _STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 273, 279, 322, 323, 324, 325
_REDUCED, _MASK = 1, 4


@dataclass(frozen=True)
class Level:
    """An image in a TIFF: the full one, or an overview.

    Attributes:
        width: Columns.
        height: Rows.
        block: Width and height of its blocks.
        offsets: Where each block lies, row by row.
        sizes: How many bytes each has; 0 where it has no data.
    """

    width: int
    height: int
    block: tuple[int, int]
    offsets: np.ndarray
    sizes: np.ndarray

    def ranges(self, window: Window) -> list[tuple[int, int]]:
        """First byte and the byte after the last of the blocks that a window touches."""
        wide, high = self.block
        across = -(-self.width // wide)
        rows = np.arange(window.row // high, -(-window.row_stop // high))
        cols = np.arange(window.col // wide, -(-window.col_stop // wide))
        numbers = (rows[:, None] * across + cols).ravel()
        numbers = numbers[self.sizes[numbers] > 0]
        starts = self.offsets[numbers].tolist()
        return [(s, s + n) for s, n in zip(starts, self.sizes[numbers].tolist())]


class PartialFile:
    """A local copy with holes. Use from one thread at a time."""

    def __init__(self, session: Session, url: str, path: Path, total: int, head: bytes) -> None:
        self._session, self._url = session, url
        self.path, self.total = path, total
        self._have: list[tuple[int, int]] = []
        self.tag = ""
        with open(path, "wb") as file:
            file.truncate(total)
        self._put(0, head)
        self.levels = tuple(self._read_levels())

    @classmethod
    def open(cls, session: Session, url: str, path: Path) -> PartialFile | None:
        """Begin a copy.

        Args:
            session: Fetches.
            url: Address of the file.
            path: Where the copy goes.

        Returns:
            The copy; None where the server gives no pieces, or the file is no TIFF of one band
            that can be read in pieces.

        Raises:
            CatalogueError: The file cannot be had.
        """
        head = session.piece(url, 0, HEAD)
        if head is None or head.content[:4] not in _MAGIC:
            return None
        try:
            made = cls(session, url, path, head.total, head.content)
        except (_NotOurs, struct.error):
            return None
        made.tag = head.tag
        return made

    def fetch(self, window: Window, level: int = 0) -> None:
        """Have all blocks that a window of a level touches.

        Raises:
            CatalogueError: They cannot be had.
        """
        ranges = self.levels[level].ranges(window)
        self._need((max(0, s - _RIM), min(self.total, e + _RIM)) for s, e in ranges)

    # --- bytes ---

    def _need(self, ranges: Iterable[tuple[int, int]]) -> None:
        missing = (part for span in ranges for part in self._missing(*span))
        for start, stop in _joined(missing):
            for first in range(start, stop, _LONGEST):
                size = min(stop - first, _LONGEST)
                piece = self._session.piece(self._url, first, size)
                if piece is None or piece.total != self.total or len(piece.content) < size:
                    raise CatalogueError(
                        f"{shown_address(self._url)} changed while it was read. Run again."
                    )
                self._put(first, piece.content)

    def _missing(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        if not 0 <= start < stop <= self.total:
            raise CatalogueError(
                f"{shown_address(self._url)} says that parts of it lie at bytes {start} to {stop} "
                f"of {self.total}: it is damaged. Choose another scene."
            )
        for first, last in self._have:
            if last <= start or first >= stop:
                continue
            if start < first:
                yield start, first
            start = last
            if start >= stop:
                return
        yield start, stop

    def _put(self, start: int, content: bytes) -> None:
        with open(self.path, "rb+") as file:
            file.seek(start)
            file.write(content)
        self._have = _merged([*self._have, (start, start + len(content))])

    def _read(self, start: int, size: int) -> bytes:
        self._need([(start, min(self.total, start + size))])
        with open(self.path, "rb") as file:
            file.seek(start)
            return file.read(size)

    # --- the TIFF's directories ---

    def _read_levels(self) -> Iterator[Level]:
        magic = self._read(0, 16)
        order = "<" if magic[:2] == b"II" else ">"
        big = struct.unpack_from(f"{order}H", magic, 2)[0] == 43
        place = struct.unpack_from(f"{order}{'Q' if big else 'I'}", magic, 8 if big else 4)[0]
        seen: set[int] = set()
        while place and place not in seen and len(seen) < _MOST_LEVELS:
            seen.add(place)
            tags, place = self._directory(place, order, big)
            kind = int(tags.get(_SUBFILE, np.array([0]))[0])
            if len(seen) == 1 or (kind & _REDUCED and not kind & _MASK):
                yield _level(tags)

    def _directory(self, place: int, order: str, big: bool) -> tuple[dict[int, np.ndarray], int]:
        """Numbers of a directory's tags, and where the next one is; texts are fetched alone."""
        head, entry, word = (8, 20, "Q") if big else (2, 12, "I")
        (count,) = struct.unpack(f"{order}{'Q' if big else 'H'}", self._read(place, head))
        if count > _MOST_TAGS:
            raise _NotOurs
        size = struct.calcsize(word)
        table = self._read(place + head, count * entry + size)
        tags: dict[int, np.ndarray] = {}
        for number in range(count):
            tag, kind, values = struct.unpack_from(f"{order}HH{word}", table, number * entry)
            inline = number * entry + 4 + size
            length = values * _SIZES.get(kind, 0)
            if length > _MOST_BLOCKS * 8:
                raise _NotOurs
            if length <= size:
                content = table[inline : inline + length]
            else:
                (where,) = struct.unpack_from(f"{order}{word}", table, inline)
                content = self._read(where, length)
            if kind in _KINDS:
                tags[tag] = np.frombuffer(content, f"{order}{_KINDS[kind]}").astype(np.int64)
        return tags, struct.unpack_from(f"{order}{word}", table, count * entry)[0]


class _NotOurs(Exception):  # noqa: N818 - the file is fetched whole then
    """A TIFF of another make."""


_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _level(tags: dict[int, np.ndarray]) -> Level:
    def one(tag: int, otherwise: int = 0) -> int:
        found = tags.get(tag)
        return int(found[0]) if found is not None and len(found) else otherwise

    width, height = one(_WIDTH), one(_HEIGHT)
    tiled = _TILES in tags
    block = (
        (one(_TILE_WIDTH), one(_TILE_HEIGHT))
        if tiled
        else (width, min(one(_STRIP_ROWS, height), height))
    )
    offsets = tags.get(_TILES if tiled else _STRIPS)
    sizes = tags.get(_TILE_BYTES if tiled else _STRIP_BYTES)
    if min(width, height, *block) < 1 or one(_SAMPLES, 1) != 1:
        raise _NotOurs
    count = -(-width // block[0]) * -(-height // block[1])
    if offsets is None or sizes is None or len(offsets) != count or len(sizes) != count:
        raise _NotOurs
    return Level(width, height, block, offsets, sizes)


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those with small gaps as one."""
    return _merged(ranges, _GAP)


def _merged(ranges: Iterable[tuple[int, int]], gap: int = 0) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if merged and start <= merged[-1][1] + gap:
            merged[-1] = merged[-1][0], max(merged[-1][1], stop)
        else:
            merged.append((start, stop))
    return merged
