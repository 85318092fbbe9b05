"""Kernel pieces that hash and compare texts, by all of their bytes, eight at a time."""

from __future__ import annotations

import numpy as np

from etl.native.jit import inlined
from etl.native.memory import load, load32, load64

SLOT_SHIFT = 20
"""A hash's lower bits that say little: those of a product know nothing of the upper ones of its
factors. A slot of a hash table is told by those above."""

TAG = -0x1_0000_0000
"""Upper half of 64 bits: of a hash, what is kept in its slot beside a number."""

_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)  # 2**64 / the golden ratio


@inlined
def hash_of(start: int, end: int) -> int:
    """Hash bytes, reading none beyond them; two at a time, for a product takes its time."""
    length = end - start
    hashed, other = multiplied(length), length
    place = start
    while place + 16 <= end:
        hashed = mixed(multiplied(hashed ^ load64(place)))
        other = mixed(multiplied(other ^ load64(place + 8)))
        place += 16
    if place + 8 <= end:
        hashed = mixed(multiplied(hashed ^ load64(place)))
    if length >= 8:
        rest = load64(end - 8)
    elif length >= 4:
        rest = (load32(start) << 32) ^ load32(end - 4)
    elif length > 0:
        rest = load(start) | (load(start + (length >> 1)) << 8) | (load(end - 1) << 16)
    else:
        rest = 0
    return mixed(multiplied(hashed ^ rest ^ (other << 1)))


@inlined
def multiplied(number: int) -> int:
    """Return the lower 64 bits of a product; signed ones may not overflow, LLVM would assume."""
    return int(np.int64(np.uint64(number) * _MIX))


@inlined
def mixed(number: int) -> int:
    """Let the upper bits, which a product mixes best, into the lower ones."""
    return number ^ ((number >> 32) & 0xFFFF_FFFF)


@inlined
def hash_of_number(number: int) -> int:
    """Hash a number, so that its upper bits decide too."""
    return mixed(multiplied(number))


@inlined
def same(start: int, end: int, other: int) -> bool:
    """Tell whether bytes are those that stand elsewhere; the last ones may be compared twice."""
    length = end - start
    if length >= 8:
        last = end - 8
        while start < last:
            if load64(start) != load64(other):
                return False
            start += 8
            other += 8
        return load64(last) == load64(other - (start - last))
    if length >= 4:
        behind = other + length - 4
        return load32(start) == load32(other) and load32(end - 4) == load32(behind)
    while start < end:
        if load(start) != load(other):
            return False
        start += 1
        other += 1
    return True
