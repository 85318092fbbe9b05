"""Knows an input by its content: the hash of its first bytes, decompressed.

Rotation and compression change a file's name and stored size, not its first bytes. A file shorter
than `HEAD_BYTES` is known by all that it held; once it has grown, its beginning still matches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

HEAD_BYTES = 4096
"""How many first bytes tell inputs apart: some dozens of lines with their time stamps."""


def fingerprint(head: bytes) -> str:
    """Return `length:hash` of an input's first bytes (at most `HEAD_BYTES` of them count)."""
    head = head[:HEAD_BYTES]
    return f"{len(head)}:{hashlib.sha256(head).hexdigest()[:32]}"


def find_match(head: bytes, known: Iterable[str]) -> str | None:
    """Return the fingerprint among `known` that `head` begins with, the longest first.

    An empty head matches nothing: empty files are all alike.
    """
    fingerprints = set(known)
    lengths = sorted({int(text.split(":")[0]) for text in fingerprints}, reverse=True)
    for length in lengths:
        if 0 < length <= len(head) and fingerprint(head[:length]) in fingerprints:
            return fingerprint(head[:length])
    return None


def new_input_id(source: str, print_: str) -> str:
    """Return the lasting id of an input: a short hash of its source and first fingerprint."""
    return hashlib.sha256(f"{source}\n{print_}".encode()).hexdigest()[:16]
