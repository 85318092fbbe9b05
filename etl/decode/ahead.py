"""Lets a thread of its own make the next things while the last ones are worked on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

AHEAD = 4
"""Things that wait at most; a chunk of a log is up to `decompress.OUTPUT_BYTES` long."""

Thing = TypeVar("Thing")


@contextmanager
def made_ahead(things: Iterator[Thing], *, most: int = AHEAD) -> Iterator[Iterator[Thing]]:
    """Hand on what `things` yields, made by a thread that ends with the block.

    What `things` raises is raised where the thing would have been. Whoever leaves the block early
    waits for the one thing that is being made; no further one is.

    Args:
        things: Touched by the thread alone from now on.
        most: Things that wait at most.
    """
    worker = _Worker(things, most)
    worker.thread.start()
    try:
        yield worker.results()
    finally:
        worker.stop()


class _Worker(Generic[Thing]):
    def __init__(self, things: Iterator[Thing], most: int) -> None:
        self.thread = Thread(target=self._fill, name="daytally-ahead", daemon=True)
        self._things = things
        self._room = Semaphore(most)
        self._made: SimpleQueue[Thing | Exception | None] = SimpleQueue()
        self._stopped = False

    def results(self) -> Iterator[Thing]:
        """Yield the things in order."""
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
                made = next(self._things, None)
                self._made.put(made)
                if made is None:
                    return
        except Exception as error:  # noqa: BLE001 # raised again by who reads the results
            self._made.put(error)
