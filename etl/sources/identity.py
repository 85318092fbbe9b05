"""Knows an input by its content: prints of its first bytes and of the last ones read, all plain.

Rotation and compression change a file's name and stored size, not its bytes. A file shorter than
`HEAD_BYTES` is known by all that it held; once it has grown, its beginning still matches. The
first bytes find an input again; the last ones read prove that it is still the same there, so that
two logs that begin alike are told apart, and one whose past was rewritten is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator

HEAD_BYTES = 4096
"""How many first bytes tell inputs apart: some dozens of lines with their time stamps."""

TAIL_BYTES = 4096
"""How many bytes before the place that was read to are remembered."""


def fingerprint(text: bytes) -> str:
    """Return `length:hash` of an input's first bytes, or of the last ones read."""
    return _print(len(text), hashlib.sha256(text).hexdigest())


def _print(length: int, digest: str) -> str:
    return f"{length}:{digest[:32]}"


def length_of(print_: str) -> int:
    """Return how many bytes a print was made of."""
    return int(print_.partition(":")[0] or 0)


def begins_like(head: bytes, print_: str) -> bool:
    """Tell whether `head` begins with the bytes of a print; nothing begins with no bytes."""
    length = length_of(print_)
    return 0 < length <= len(head) and fingerprint(head[:length]) == print_


class Prints:
    """Finds among many prints those that a beginning has.

    Args:
        known: The prints; those of no bytes are never found, as empty files are all alike.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._lengths = sorted({length_of(print_) for print_ in self._known} - {0})

    def of(self, head: bytes) -> list[str]:
        """Return the prints that `head` begins with, the longest first."""
        found, hashed, done = [], hashlib.sha256(), 0
        for length in self._lengths:
            if length > len(head):
                break
            hashed.update(head[done:length])
            done = length
            print_ = _print(length, hashed.hexdigest())
            if print_ in self._known:
                found.append(print_)
        return found[::-1]


def new_input_id(source: str, print_: str, taken: Collection[str]) -> str:
    """Return the lasting id of an input: a short hash of its source and first fingerprint.

    Args:
        source: The source's name.
        print_: The input's first fingerprint.
        taken: Ids of other inputs, which may have begun with the same bytes.
    """
    number = 0
    while True:
        named = f"{source}\n{print_}\n{number}" if number else f"{source}\n{print_}"
        found = hashlib.sha256(named.encode()).hexdigest()[:16]
        if found not in taken:
            return found
        number += 1


class TailWatch:
    """Passes an input's plain bytes on and remembers the last ones."""

    def __init__(self) -> None:
        self._before = b""
        self._chunk = b""

    def follow(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks as they are."""
        for chunk in chunks:
            self.see(chunk)
            yield chunk

    def see(self, chunk: bytes) -> None:
        """Remember what is needed of the bytes that come next."""
        self._before = self._last()
        self._chunk = chunk

    @property
    def print(self) -> str:
        """The print of the last bytes so far, at most `TAIL_BYTES`."""
        return fingerprint(self._last())

    def ended_with(self, print_: str, *, behind: int) -> bool:
        """Tell whether the bytes before the last `behind` ones of the last chunk have a print."""
        length = length_of(print_)
        end = len(self._chunk) - behind
        text = self._before + self._chunk[:end]
        return len(text) >= length and fingerprint(text[len(text) - length :]) == print_

    def _last(self) -> bytes:
        if len(self._chunk) >= TAIL_BYTES:
            return self._chunk[-TAIL_BYTES:]
        return (self._before + self._chunk)[-TAIL_BYTES:]
