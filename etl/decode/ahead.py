"""Lets a thread of its own make the next chunks while the last ones are worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Semaphore, Thread

AHEAD = 4
"""Chunks that wait at most; one is up to `decompress.OUTPUT_BYTES` long."""


@contextmanager
def made_ahead(chunks: Iterator[bytes], *, most: int = AHEAD) -> Iterator[Iterator[bytes]]:
    """Hand on what `chunks` yields, made by a thread that ends with the block.

    What `chunks` raises is raised where the chunk would have been. Whoever leaves the block early
    waits for the one chunk that is being made; no further one is.

    Args:
        chunks: Touched by the thread alone from now on.
        most: Chunks that wait at most.
    """
    worker = _Worker(chunks, most)
    worker.thread.start()
    try:
        yield worker.results()
    finally:
        worker.stop()


class _Worker:
    def __init__(self, chunks: Iterator[bytes], most: int) -> None:
        self.thread = Thread(target=self._fill, name="daytally-ahead", daemon=True)
        self._chunks = chunks
        self._room = Semaphore(most)
        self._made: SimpleQueue[bytes | Exception | None] = SimpleQueue()
        self._stopped = False

    def results(self) -> Iterator[bytes]:
        """Yield the chunks in order."""
        while (made := self._made.get()) is not None:
            if isinstance(made, Exception):
                raise made
            yield made
            self._room.release()

    def stop(self) -> None:
        """End the thread."""
        self._stopped = True
        self._room.release()
        self.thread.join()

    def _fill(self) -> None:
        try:
            while self._room.acquire() and not self._stopped:
                chunk = next(self._chunks, None)
                self._made.put(chunk)
                if chunk is None:
                    return
        except Exception as error:  # noqa: BLE001 # raised again by who reads the results
            self._made.put(error)
