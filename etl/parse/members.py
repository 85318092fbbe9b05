"""Kernel pieces for lines whose values have names: finds the step that wants one."""

from __future__ import annotations

import sys

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import helper, inlined
from etl.native.memory import call5, load, store, store32
from etl.parse.context import (
    BAD_NUMBER,
    BAD_TIMESTAMP,
    COLON,
    DOT,
    FAIL_STEP,
    FLAGS,
    LATE,
    MEMBERS_FROM,
    MEMBERS_TO,
    NAME,
    NAME_SIZE,
    NUM_OK,
    NUMBERS,
    OP,
    OP_ANY_TIME,
    OP_BSD_TIME,
    OP_CLF_TIME,
    OP_CLOCK,
    OP_DECIMAL,
    OP_DURATION,
    OP_INTEGER,
    OP_REQUEST,
    OP_SEVERITY,
    OP_SUM,
    OP_URI,
    PART_VALUE,
    QUOTE,
    SLOT_A,
    SLOT_B,
    SLOT_WIDTH,
    STAMP,
    STAMP_NONE,
    STEP_WIDTH,
    STEPS,
    TAKE,
    TEXT_OK,
    TEXTS,
)
from etl.parse.text import same, write_json
from etl.parse.values import close_extra, fail, open_extra, write_value

_TRUE = int.from_bytes(b"true", sys.byteorder)


@inlined
def wanted(k: int, s: int, name: int, size: int, guess: int) -> int:
    """Return the number of the step that a name belongs to, or -1.

    Lines of one server name their values in one order, so the search begins behind the last hit.
    """
    first, last = cell(s, MEMBERS_FROM), cell(s, MEMBERS_TO)
    number = guess if first <= guess < last else first
    for _ in range(first, last):
        member = row_of(cell(k, STEPS), number, STEP_WIDTH)
        if cell(member, NAME_SIZE) == size and same(name, cell(member, NAME), size):
            return number
        number = number + 1 if number + 1 < last else first
    return -1


@helper
def leads_on(k: int, s: int, name: int, size: int) -> bool:
    """Tell whether a member's name goes on behind this one and a dot."""
    for number in range(cell(s, MEMBERS_FROM), cell(s, MEMBERS_TO)):
        member = row_of(cell(k, STEPS), number, STEP_WIDTH)
        longer = cell(member, NAME_SIZE) > size and load(cell(member, NAME) + size) == DOT
        if longer and same(name, cell(member, NAME), size):
            return True
    return False


@inlined
def flags_of(k: int, number: int) -> int:
    """Return the flags of a step."""
    return cell(row_of(cell(k, STEPS), number, STEP_WIDTH), FLAGS)


@helper
def put_member(k: int, row: int, number: int, start: int, stop: int, place: int) -> bool:
    """Take a member's value, which came from `place` of the line."""
    member = row_of(cell(k, STEPS), number, STEP_WIDTH)
    if call5(cell(k, TAKE), k, row, member, start, stop) == stop:
        return True
    # The value is all there, so the line was not cut short in it, whatever the step says.
    fail(k, BAD_TIMESTAMP if _is_time(cell(member, OP)) else BAD_NUMBER, place, PART_VALUE)
    set_cell(k, FAIL_STEP, number)
    return False


@inlined
def taker(k: int, row: int, number: int) -> int:
    """Return the step that takes a value: -1 instead of one that comes too late for its column."""
    if number < 0:
        return number
    member = row_of(cell(k, STEPS), number, STEP_WIDTH)
    return -1 if cell(member, FLAGS) & LATE and _is_filled(k, row, member) else number


@inlined
def _is_time(op: int) -> bool:
    return OP_CLF_TIME <= op <= OP_BSD_TIME or op in (OP_CLOCK, OP_ANY_TIME)


@inlined
def _is_filled(k: int, row: int, member: int) -> bool:
    op, slot = cell(member, OP), cell(member, SLOT_A)
    if _is_time(op):
        return load(cell(k, STAMP) + row) != STAMP_NONE
    if op in (OP_URI, OP_REQUEST):
        slot = cell(member, SLOT_B)
    numeric = op in (OP_INTEGER, OP_DECIMAL, OP_SUM, OP_DURATION, OP_SEVERITY)
    if numeric:
        return load(cell(row_of(cell(k, NUMBERS), slot, SLOT_WIDTH), NUM_OK) + row) != 0
    return load(cell(row_of(cell(k, TEXTS), slot, SLOT_WIDTH), TEXT_OK) + row) != 0


@helper
def put_spare(k: int, name: int, size: int, start: int, stop: int, escaped: int) -> None:
    """Add a named text that no step wants to `extra`."""
    target = _write_key(k, open_extra(k), name, size)
    close_extra(k, write_value(k, target, start, stop, escaped))


@helper
def put_spare_json(k: int, name: int, size: int, start: int, stop: int) -> None:
    """Add a named JSON value that no step wants to `extra`, byte by byte."""
    target = _write_key(k, open_extra(k), name, size)
    for place in range(start, stop):
        store(target, load(place))
        target += 1
    close_extra(k, target)


@helper
def put_true(k: int, name: int, size: int) -> None:
    """Add a name that stands without a value to `extra`, as JSON's true."""
    target = _write_key(k, open_extra(k), name, size)
    store32(target, _TRUE)
    close_extra(k, target + 4)


@inlined
def _write_key(k: int, target: int, name: int, size: int) -> int:
    store(target, QUOTE)
    target = write_json(k, name, name + size, target + 1)
    store(target, QUOTE)
    store(target + 1, COLON)
    return target + 2
