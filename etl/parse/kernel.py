"""The kernel: walks the bytes of a block's lines by a field program.

One compiled function serves all formats.
"""

from __future__ import annotations

from etl.native.cells import cell, row_of, set_cell
from etl.native.jit import helper, inlined, kernel
from etl.native.memory import load, load32, store, store32, store64
from etl.parse import context as c
from etl.parse.clocks import BEGAN, SEEN, begin_clock, clock_stamp, is_whole
from etl.parse.numbers import set_null_number
from etl.parse.objects import put_object
from etl.parse.pairs import put_pairs
from etl.parse.take import take
from etl.parse.values import fail, set_extra, set_null_text


@kernel
def parse_lines(k: int) -> None:
    """Parse the lines of a block; `k` is the address of the context, counts are left in it."""
    row, refused, blank = 0, 0, 0
    set_cell(k, c.DRIFTED, 0)
    data = cell(k, c.DATA)
    start = data
    for number in range(cell(k, c.LINES)):
        end = data + cell(cell(k, c.LINE_ENDS), number)
        stop = end - 1 if end > start and load(end - 1) == c.RETURN else end
        begin = _behind_nuls(start, stop)
        if stop == start or load(start) == cell(k, c.COMMENT):
            blank += 1
        elif end - start > cell(k, c.LONGEST):
            fail(k, c.TOO_LONG, start, c.PART_END)
            _note(k, refused, start, end, 0)
            refused += 1
        elif _parse_line(k, row, refused, begin, stop):
            set_cell(cell(k, c.PLACES), row, start - data)
            row += 1
        else:
            reject = row_of(cell(k, c.REJECTS), refused, c.REJECT_WIDTH)
            set_cell(reject, c.FROM, start - data)
            set_cell(reject, c.TO, end - data)
            set_cell(reject, c.PLACE, cell(reject, c.PLACE) + begin - start)
            refused += 1
        start = end + 1
    set_cell(k, c.ROWS, row)
    set_cell(k, c.REFUSED, refused)
    set_cell(k, c.BLANK, blank)


@inlined
def _behind_nuls(start: int, stop: int) -> int:
    """Return where a line begins behind NUL bytes; where there is nothing else, at the first.

    A log that is truncated while its writer goes on at its old place has such a hole before its
    first line.
    """
    begin = start
    while begin < stop and load(begin) == 0:
        begin += 1
    return begin if begin < stop else start


@inlined
def _parse_line(k: int, row: int, refused: int, start: int, stop: int) -> bool:
    """Try the layouts in order; if none matches, note the reject of the one that got furthest."""
    furthest = start - 1
    for number in range(cell(k, c.LAYOUT_COUNT)):
        layout = row_of(cell(k, c.LAYOUTS), number, c.LAYOUT_WIDTH)
        _begin(k, row, layout)
        step, last = cell(layout, c.STEPS_FROM), cell(layout, c.STEPS_TO)
        begin, place = start, start
        while step < last:
            place = _take(k, row, row_of(cell(k, c.STEPS), step, c.STEP_WIDTH), begin, stop)
            if place < 0:
                break
            begin = place
            step += 1
        # One space behind the last field is a habit of some log formats and says nothing.
        if place == stop or (place == stop - 1 and load(place) == c.SPACE):
            if _has_time(k, row, start, stop):
                _finish(k, row, layout)
                return True
        elif place >= 0 and _put_trailing(k, row, layout, start, place, stop):
            _finish(k, row, layout)
            return True
        stamped = cell(k, c.FAIL_PART) == c.PART_STAMP  # so that is the line's kind
        if begin > furthest or (begin == furthest and stamped):
            furthest = begin
            _note(k, refused, start, stop, step)
        elif begin == furthest:
            _note_choice(k, refused, start, step)
    return False


@inlined
def _note(k: int, number: int, start: int, stop: int, step: int) -> None:
    reject = row_of(cell(k, c.REJECTS), number, c.REJECT_WIDTH)
    set_cell(reject, c.FROM, start - cell(k, c.DATA))
    set_cell(reject, c.TO, stop - cell(k, c.DATA))
    set_cell(reject, c.REASON, cell(k, c.FAIL_REASON))
    set_cell(reject, c.PLACE, cell(k, c.FAIL_PLACE) - start)
    member = cell(k, c.FAIL_STEP)
    set_cell(reject, c.STEP, member if member >= 0 else step)
    set_cell(reject, c.PART, cell(k, c.FAIL_PART))


@inlined
def _note_choice(k: int, number: int, start: int, step: int) -> None:
    """Note that another layout wanted something else at the very same place."""
    reject = row_of(cell(k, c.REJECTS), number, c.REJECT_WIDTH)
    if cell(reject, c.PART) != c.PART_VALUE or cell(k, c.FAIL_PART) != c.PART_VALUE:
        return  # nor is there a step where a line goes on behind the last one
    if cell(k, c.FAIL_STEP) >= 0:
        return  # members are no steps of a layout
    if cell(reject, c.PLACE) != cell(k, c.FAIL_PLACE) - start:
        return
    wanted = row_of(cell(k, c.STEPS), cell(reject, c.STEP), c.STEP_WIDTH)
    other = row_of(cell(k, c.STEPS), step, c.STEP_WIDTH)
    if cell(wanted, c.OP) != cell(other, c.OP):
        set_cell(reject, c.PART, c.PART_CHOICE)


@inlined
def _has_time(k: int, row: int, start: int, stop: int) -> bool:
    """Put together the parts of a time stamp; tell whether the line says when it was."""
    stamp = cell(k, c.STAMP) + row
    if load(stamp) != c.STAMP_NONE:
        return True
    parts = cell(k, c.PARTS)
    if cell(parts, SEEN) != 0:
        micros, kind = clock_stamp(parts)
        store64(cell(k, c.AT) + 8 * row, micros)
        store(stamp, kind)
        if kind != c.STAMP_NONE:
            return True
        began = cell(parts, BEGAN)
        if is_whole(cell(parts, SEEN)) and start <= began < stop:  # a member's is decoded elsewhere
            fail(k, c.BAD_TIMESTAMP, began, c.PART_MOMENT)
            return False
    elif cell(k, c.NEEDS_TIME) == 0:
        return True
    fail(k, c.BAD_TIMESTAMP, stop, c.PART_TIME)
    return False


@helper
def _put_trailing(k: int, row: int, layout: int, start: int, place: int, stop: int) -> bool:
    """Keep more fields behind the last one in `extra`, where the layout lets them be."""
    step = cell(layout, c.TRAILING_STEP)
    parted = load(place) in (c.SPACE, c.TAB, c.COMMA)
    if step < 0 or not parted:
        fail(k, c.TRAILING_TEXT, place, c.PART_END)
        return False
    if not _has_time(k, row, start, stop):
        return False
    set_extra(k, row_of(cell(k, c.STEPS), step, c.STEP_WIDTH), place + 1, stop)
    set_cell(k, c.DRIFTED, cell(k, c.DRIFTED) + cell(layout, c.DRIFT))
    return True


@inlined
def _begin(k: int, row: int, layout: int) -> None:
    """Forget what a layout tried before has left."""
    set_cell(k, c.FAIL_STEP, -1)
    set_cell(k, c.DAMAGED, 0)
    store(cell(k, c.STAMP) + row, c.STAMP_NONE)
    begin_clock(cell(k, c.PARTS))
    nulls = cell(k, c.NULLS)
    for index in range(cell(layout, c.TEXT_UNSURE_FROM), cell(layout, c.TEXT_UNSURE_TO)):
        set_null_text(k, row, cell(nulls, index))
    for index in range(cell(layout, c.NUM_UNSURE_FROM), cell(layout, c.NUM_UNSURE_TO)):
        set_null_number(k, row, cell(nulls, index))
    slot = cell(k, c.EXTRA_SLOT)
    if slot >= 0:
        column = row_of(cell(k, c.TEXTS), slot, c.SLOT_WIDTH)
        before = load32(cell(column, c.ENDS) + 4 * row)
        set_cell(k, c.EXTRA_END, cell(column, c.STRINGS) + before)
        set_cell(k, c.EXTRA_COUNT, 0)


@inlined
def _finish(k: int, row: int, layout: int) -> None:
    """Set null what the layout does not fill, and close the row's `extra`."""
    store(cell(k, c.LOSSY) + row, cell(k, c.DAMAGED))
    nulls = cell(k, c.NULLS)
    for index in range(cell(layout, c.TEXT_NULLS_FROM), cell(layout, c.TEXT_NULLS_TO)):
        set_null_text(k, row, cell(nulls, index))
    for index in range(cell(layout, c.NUM_NULLS_FROM), cell(layout, c.NUM_NULLS_TO)):
        set_null_number(k, row, cell(nulls, index))
    slot = cell(k, c.EXTRA_SLOT)
    if slot < 0:
        return
    if cell(k, c.EXTRA_COUNT) == 0:
        set_null_text(k, row, slot)
        return
    column = row_of(cell(k, c.TEXTS), slot, c.SLOT_WIDTH)
    end = cell(k, c.EXTRA_END)
    store(end, c.BRACE_END)
    store32(cell(column, c.ENDS) + 4 * row + 4, end + 1 - cell(column, c.STRINGS))
    store(cell(column, c.TEXT_OK) + row, 1)


@inlined
def _take(k: int, row: int, s: int, start: int, stop: int) -> int:
    """Take one step of a layout; return where it ends, or -1."""
    op = cell(s, c.OP)
    if op == c.OP_OBJECT:
        return put_object(k, row, s, start, stop)
    if op == c.OP_PAIRS:
        return put_pairs(k, row, s, start, stop)
    return take(k, row, s, start, stop)
