"""The kernel: walks the bytes of a block's lines by a field program.

One compiled function serves all formats.
"""

from __future__ import annotations

from etl.parse import context as c
from etl.parse.context import cell, row_of, set_cell
from etl.parse.jit import inlined, kernel
from etl.parse.lists import list_end, put_sum
from etl.parse.memory import load, load32, store, store32, store64
from etl.parse.requests import put_query, put_request, put_uri
from etl.parse.stamps import bsd_time, clf_time, epoch_time, iso_time
from etl.parse.structured import put_structured
from etl.parse.syslog import (
    put_host,
    put_optional_message,
    put_priority,
    put_tagged_message,
    read_version,
)
from etl.parse.text import same
from etl.parse.values import (
    fail,
    fail_value,
    put_decimal,
    put_integer,
    put_text,
    set_null_number,
    set_null_text,
    value_end,
)


@kernel
def parse_lines(k: int) -> None:
    """Parse the lines of a block; `k` is the address of the context, counts are left in it."""
    row, refused, blank = 0, 0, 0
    data = cell(k, c.DATA)
    start = data
    for number in range(cell(k, c.LINES)):
        end = data + cell(cell(k, c.LINE_ENDS), number)
        stop = end - 1 if end > start and load(end - 1) == c.RETURN else end
        if stop == start:
            blank += 1
        elif end - start > cell(k, c.LONGEST):
            fail(k, c.TOO_LONG, start, c.PART_END)
            _note(k, refused, start, end, 0)
            refused += 1
        elif _parse_line(k, row, refused, start, stop):
            set_cell(cell(k, c.PLACES), row, start - data)
            row += 1
        else:
            reject = row_of(cell(k, c.REJECTS), refused, c.REJECT_WIDTH)
            set_cell(reject, c.TO, end - data)
            refused += 1
        start = end + 1
    set_cell(k, c.ROWS, row)
    set_cell(k, c.REFUSED, refused)
    set_cell(k, c.BLANK, blank)


@inlined
def _parse_line(k: int, row: int, refused: int, start: int, stop: int) -> bool:
    """Try the layouts in order; if none matches, note the reject of the one that got furthest."""
    furthest = start - 1
    for number in range(cell(k, c.LAYOUT_COUNT)):
        layout = row_of(cell(k, c.LAYOUTS), number, c.LAYOUT_WIDTH)
        _begin_extra(k, row)
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
            _finish(k, row, layout)
            return True
        if place >= 0:
            fail(k, c.TRAILING_TEXT, place, c.PART_END)
        if begin > furthest:
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
    set_cell(reject, c.STEP, step)
    set_cell(reject, c.PART, cell(k, c.FAIL_PART))


@inlined
def _note_choice(k: int, number: int, start: int, step: int) -> None:
    """Note that another layout wanted something else at the very same place."""
    reject = row_of(cell(k, c.REJECTS), number, c.REJECT_WIDTH)
    if cell(reject, c.PART) != c.PART_VALUE or cell(k, c.FAIL_PART) != c.PART_VALUE:
        return  # nor is there a step where a line goes on behind the last one
    if cell(reject, c.PLACE) != cell(k, c.FAIL_PLACE) - start:
        return
    wanted = row_of(cell(k, c.STEPS), cell(reject, c.STEP), c.STEP_WIDTH)
    other = row_of(cell(k, c.STEPS), step, c.STEP_WIDTH)
    if cell(wanted, c.OP) != cell(other, c.OP):
        set_cell(reject, c.PART, c.PART_CHOICE)


@inlined
def _begin_extra(k: int, row: int) -> None:
    slot = cell(k, c.EXTRA_SLOT)
    if slot >= 0:
        column = row_of(cell(k, c.TEXTS), slot, c.SLOT_WIDTH)
        before = load32(cell(column, c.ENDS) + 4 * row)
        set_cell(k, c.EXTRA_END, cell(column, c.STRINGS) + before)
        set_cell(k, c.EXTRA_COUNT, 0)


@inlined
def _finish(k: int, row: int, layout: int) -> None:
    """Set null what the layout does not fill, and close the row's `extra`."""
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
    """Take one step: its value, then its literal. Return where it ends, or -1."""
    op = cell(s, c.OP)
    if op == c.OP_TEXT:
        place = value_end(k, s, start, stop)
        if place < 0:
            return place
        put_text(k, row, s, start, place)
        return place + cell(s, c.LITERAL_SIZE)
    if op == c.OP_REQUEST:
        place = value_end(k, s, start, stop)
        if place < 0:
            return place
        put_request(k, row, s, start, place)
        return place + cell(s, c.LITERAL_SIZE)
    if op == c.OP_INTEGER:
        place = put_integer(k, row, s, start, stop)
    elif op == c.OP_CLF_TIME or op == c.OP_ISO_TIME or op == c.OP_EPOCH_TIME or op == c.OP_BSD_TIME:
        place = _put_time(k, row, s, start, stop)
    elif op == c.OP_DECIMAL:
        place = put_decimal(k, row, s, start, stop)
    elif op == c.OP_TAGGED_MESSAGE:
        place = put_tagged_message(k, row, s, start, stop)
    elif op == c.OP_HOST:
        place = put_host(k, row, s, start, stop)
    else:
        place = _take_rare(k, row, s, start, stop)
    return _take_literal(k, s, place, stop) if place >= 0 else place


@inlined
def _take_literal(k: int, s: int, place: int, stop: int) -> int:
    literal, size = cell(s, c.LITERAL), cell(s, c.LITERAL_SIZE)
    if place + size <= stop and same(place, literal, size):
        return place + size
    for index in range(size):
        if place + index >= stop:
            return fail(k, c.CUT_SHORT, stop, c.PART_LITERAL)
        if load(place + index) != load(literal + index):
            return fail(k, c.NO_MATCH, place + index, c.PART_LITERAL)
    return place + size


@inlined
def _put_time(k: int, row: int, s: int, start: int, stop: int) -> int:
    op = cell(s, c.OP)
    if op == c.OP_CLF_TIME:
        place, micros, kind = clf_time(start, stop)
    elif op == c.OP_ISO_TIME:
        place, micros, kind = iso_time(start, stop, cell(s, c.SCALE))
    elif op == c.OP_EPOCH_TIME:
        place, micros, kind = epoch_time(start, stop, cell(s, c.SCALE))
    else:
        place, micros, kind = bsd_time(start, stop)
    if place < 0:
        return fail_value(k, c.BAD_TIMESTAMP, start, stop)
    if cell(s, c.FLAGS) & c.EXTRA:
        put_text(k, row, s, start, place)
    else:
        store64(cell(k, c.AT) + 8 * row, micros)
        store(cell(k, c.STAMP) + row, kind)
    return place


@inlined
def _take_rare(k: int, row: int, s: int, start: int, stop: int) -> int:
    op = cell(s, c.OP)
    place = start
    if op == c.OP_LIST:
        place = list_end(s, start, stop)
        put_text(k, row, s, start, place)
    elif op == c.OP_URI or op == c.OP_QUERY:
        place = value_end(k, s, start, stop)
        if place >= 0 and op == c.OP_URI:
            put_uri(k, row, s, start, place)
        elif place >= 0:
            put_query(k, row, s, start, place)
    elif op == c.OP_SUM:
        place = put_sum(k, row, s, start, stop)
    elif op == c.OP_PRIORITY:
        place = put_priority(k, row, s, start, stop)
    elif op == c.OP_VERSION:
        place = read_version(k, start, stop)
    elif op == c.OP_STRUCTURED:
        place = put_structured(k, row, s, start, stop)
    elif op == c.OP_OPTIONAL_MESSAGE:
        place = put_optional_message(k, row, s, start, stop)
    return place
