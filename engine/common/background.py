"""Reading, working and writing at the same time, with never more than three blocks in memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Block = TypeVar("Block")
Content = TypeVar("Content")


def read_ahead(
    blocks: Sequence[Block], read: Callable[[Block], Content]
) -> Generator[tuple[Block, Content], None, None]:
    """Give each block with what ``read`` makes of it, always one ahead of the one in work.

    ``read`` runs on one thread of its own, so that what it opens there may stay open.
    """
    with ThreadPoolExecutor(1, "landslip-read") as pool:
        ahead: Future[Content] | None = pool.submit(read, blocks[0]) if blocks else None
        for index, block in enumerate(blocks):
            content = ahead.result() if ahead else read(block)
            ahead = pool.submit(read, blocks[index + 1]) if index + 1 < len(blocks) else None
            yield block, content


class Background:
    """Calls ``write`` on a thread of its own, once at a time; a failure shows at the next put."""

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self._pool = ThreadPoolExecutor(1, "landslip-write")
        self._last: Future[None] | None = None

    def __enter__(self) -> Background:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._pool.shutdown(wait=True)
        if kind is None:
            self.wait()

    def wait(self) -> None:
        """Wait for the call that was handed over last."""
        if self._last:
            self._last.result()

    def put(self, *arguments: Any) -> None:
        """Wait for the call before, then hand this one over."""
        self.wait()
        self._last = self._pool.submit(self._write, *arguments)
