"""The kernel: walks the bytes of a block's lines by a field program.

One compiled function serves all formats. It needs no bounds checks on its output, because
`buffers.py` gives every column room for the worst case, nor on reading a few bytes past a line,
because a block has spare bytes behind it.
"""

from __future__ import annotations

from etl.parse import context as c
from etl.parse.context import Context, Ints
from etl.parse.jit import inlined, kernel
from etl.parse.requests import put_query, put_request, put_whole_uri
from etl.parse.stamps import bsd_time, clf_time, epoch_time, iso_time
from etl.parse.syslog import (
    put_optional_message,
    put_priority,
    put_structured,
    put_tagged_message,
    read_version,
)
from etl.parse.values import (
    fail,
    fail_value,
    list_end,
    put_decimal,
    put_integer,
    put_sum,
    put_text,
    set_null_text,
    value_end,
)


@kernel
def parse_lines(k: Context, line_ends: Ints, longest: int) -> None:
    """Parse the lines of a block; counts are left in `state`.

    Args:
        k: See there.
        line_ends: Where each line ends, its newline excluded.
        longest: Lines of more bytes are refused unread.
    """
    row, rejects, blank, start = 0, 0, 0, 0
    for number in range(line_ends.size):
        end = line_ends[number]
        stop = end - 1 if end > start and k.data[end - 1] == c.RETURN else end
        if stop == start:
            blank += 1
        elif end - start > longest:
            _note(k, rejects, start, end, -1)
            k.rejects[rejects, c.REASON], k.rejects[rejects, c.PLACE] = c.TOO_LONG, longest
            rejects += 1
        elif _parse_line(k, row, rejects, start, stop):
            k.places[row] = start
            row += 1
        else:
            k.rejects[rejects, c.TO] = end
            rejects += 1
        start = end + 1
    k.state[c.ROWS], k.state[c.REJECTS], k.state[c.BLANK] = row, rejects, blank


@inlined
def _parse_line(k: Context, row: int, rejects: int, start: int, stop: int) -> bool:
    """Try the layouts in order; if none matches, note the reject of the one that got furthest."""
    furthest = -1
    extra = k.state[c.EXTRA_SLOT]
    for layout in range(k.layouts.shape[0]):
        if extra >= 0:
            k.state[c.EXTRA_END] = k.ends[extra, row]
            k.state[c.EXTRA_COUNT] = 0
        step = k.layouts[layout, c.STEPS_FROM]
        last = k.layouts[layout, c.STEPS_TO]
        place = start
        while step < last:
            begin = place
            place = _take(k, row, step, begin, stop)
            if place < 0:
                break
            step += 1
        if place == stop or (place == stop - 1 and k.data[place] == c.SPACE):
            # One space behind the last field is a habit of some log formats and says nothing.
            _finish(k, row, layout)
            return True
        if place >= 0:
            begin = place
            fail(k, c.TRAILING_TEXT, place, c.PART_END)
        if begin > furthest:
            furthest = begin
            _note(k, rejects, start, stop, step)
    return False


@inlined
def _note(k: Context, reject: int, start: int, stop: int, step: int) -> None:
    k.rejects[reject, c.FROM], k.rejects[reject, c.TO] = start, stop
    k.rejects[reject, c.REASON] = k.state[c.FAIL_REASON]
    k.rejects[reject, c.PLACE] = k.state[c.FAIL_PLACE] - start
    k.rejects[reject, c.STEP] = step
    k.rejects[reject, c.PART] = k.state[c.FAIL_PART]


@inlined
def _finish(k: Context, row: int, layout: int) -> None:
    """Set null what the layout does not fill, and close the row's `extra`."""
    for index in range(k.layouts[layout, c.TEXT_NULLS_FROM], k.layouts[layout, c.TEXT_NULLS_TO]):
        set_null_text(k, row, k.nulls[index])
    for index in range(k.layouts[layout, c.NUM_NULLS_FROM], k.layouts[layout, c.NUM_NULLS_TO]):
        k.num_ok[k.nulls[index], row] = 0
    extra = k.state[c.EXTRA_SLOT]
    if extra >= 0:
        if k.state[c.EXTRA_COUNT]:
            end = k.state[c.EXTRA_END]
            k.text[k.base[extra] + end] = c.BRACE_END
            k.ends[extra, row + 1] = end + 1
            k.text_ok[extra, row] = 1
        else:
            set_null_text(k, row, extra)


@inlined
def _take(k: Context, row: int, step: int, start: int, stop: int) -> int:
    """Take one step: its value, then its literal. Return where it ends, or -1."""
    op = k.steps[step, c.OP]
    if op == c.OP_TEXT or c.OP_REQUEST <= op <= c.OP_QUERY:
        place = value_end(k, step, start, stop)
        if place >= 0:
            _put_span(k, row, step, start, place)
    elif op == c.OP_INTEGER:
        place = put_integer(k, row, step, start, stop)
    elif op == c.OP_DECIMAL:
        place = put_decimal(k, row, step, start, stop)
    elif op == c.OP_CLF_TIME or op == c.OP_ISO_TIME or op == c.OP_EPOCH_TIME or op == c.OP_BSD_TIME:
        place = _put_time(k, row, step, start, stop)
    else:
        place = _take_rare(k, row, step, start, stop)
    if place < 0:
        return place
    low, high = k.steps[step, c.LITERAL_FROM], k.steps[step, c.LITERAL_TO]
    for index in range(low, high):
        if place >= stop:
            return fail(k, c.CUT_SHORT, stop, c.PART_LITERAL)
        if k.data[place] != k.pool[index]:
            return fail(k, c.NO_MATCH, place, c.PART_LITERAL)
        place += 1
    return place


@inlined
def _put_span(k: Context, row: int, step: int, start: int, stop: int) -> None:
    op = k.steps[step, c.OP]
    if op == c.OP_TEXT:
        put_text(k, row, step, start, stop)
    elif op == c.OP_REQUEST:
        put_request(k, row, step, start, stop)
    elif op == c.OP_URI:
        put_whole_uri(k, row, step, start, stop)
    else:
        put_query(k, row, step, start, stop)


@inlined
def _put_time(k: Context, row: int, step: int, start: int, stop: int) -> int:
    op = k.steps[step, c.OP]
    if op == c.OP_CLF_TIME:
        place, micros, kind = clf_time(k.data, start, stop)
    elif op == c.OP_ISO_TIME:
        place, micros, kind = iso_time(k.data, start, stop)
    elif op == c.OP_EPOCH_TIME:
        place, micros, kind = epoch_time(k.data, start, stop, k.steps[step, c.SCALE])
    else:
        place, micros, kind = bsd_time(k.data, start, stop)
    if place < 0:
        return fail_value(k, c.BAD_TIMESTAMP, start, stop)
    if k.steps[step, c.FLAGS] & c.EXTRA:
        put_text(k, row, step, start, place)
    else:
        k.at[row], k.stamp[row] = micros, kind
    return place


@inlined
def _take_rare(k: Context, row: int, step: int, start: int, stop: int) -> int:
    op = k.steps[step, c.OP]
    if op == c.OP_LITERAL:
        return start
    if op == c.OP_LIST:
        place = list_end(k, step, start, stop)
        put_text(k, row, step, start, place)
        return place
    if op == c.OP_SUM:
        return put_sum(k, row, step, start, stop)
    if op == c.OP_PRIORITY:
        return put_priority(k, row, step, start, stop)
    if op == c.OP_VERSION:
        return read_version(k, start, stop)
    if op == c.OP_STRUCTURED:
        return put_structured(k, row, step, start, stop)
    if op == c.OP_OPTIONAL_MESSAGE:
        return put_optional_message(k, row, step, start, stop)
    return put_tagged_message(k, row, step, start, stop)
