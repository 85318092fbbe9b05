"""Matches paths with route templates, and takes the parameters out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from etl import schema
from etl.formats.routes import MAX_SEGMENTS, RouteTable
from etl.model import Bytes
from etl.native.cells import Ints, call_kernel, cell, row_of, set_cell
from etl.native.jit import helper, inlined, kernel
from etl.native.memory import load, load32, store, store32
from etl.parse.buffers import slot_table, text_array
from etl.parse.context import ENDS, PERCENT, SLASH, SLOT_WIDTH, STRINGS, TEXT_OK, Offsets
from etl.parse.escapes import hex_digit
from etl.parse.program import SPARE
from etl.parse.text import copy, find_byte, same, sequence_length

# Columns of a node; children and routes are -1 where there are none.
FIRST_CHILD, NEXT_SIBLING, NAME, NAME_SIZE, PARAMETER_CHILD, ROUTE = range(6)
_NODE_WIDTH = 6

# Cells of a matching: addresses of nodes, of the parameter slots (routes, MAX_SEGMENTS), of the
# paths' bytes and offsets, of the matched template by row (-1 for none), of the results' columns
# (see TEXTS in `context`), and of four rows by depth: node, next try, begin and end of the segment.
NODES, SLOTS, TEXT, BOUNDS, ROWS, ROUTES, VALUES, SLOT_COUNT, STACK = range(9)
_STACK_WIDTH = MAX_SEGMENTS + 1
AT_NODE, TRIED, SEGMENT_FROM, SEGMENT_TO = range(4)


class Router:
    """Matches whole columns of paths with a route table. Keeps buffers: one per thread."""

    def __init__(self, table: RouteTable) -> None:
        self._params = table.params
        self._templates = pa.array(table.templates, schema.TEXT)
        self._pool = bytearray()
        self._nodes, self._slots = _tree(table, self._pool)
        self._names = np.frombuffer(bytes(self._pool) + bytes(SPARE), dtype=np.uint8)
        self._nodes[:, NAME] += self._names.ctypes.data
        self._values = np.empty((len(self._params), 0), dtype=np.uint8)

    def match(self, paths: pa.StringArray) -> dict[str, pa.Array]:
        """Return the columns `route` and, where templates have parameters, `params`.

        Routes come as codes of a dictionary of all templates: nothing has to find out later that
        they repeat.
        """
        rows, slots = len(paths), len(self._params)
        text, bounds = string_parts(paths)
        routes = np.empty(rows, dtype=np.int64)
        if self._values.shape[1] < len(text) + SPARE:
            self._values = np.empty((slots, len(text) + len(text) // 4 + SPARE), dtype=np.uint8)
        values = self._values
        ends = np.zeros((slots, rows + 1), dtype=np.int32)
        valid = np.zeros((slots, rows), dtype=np.uint8)
        table = slot_table(zip(values, ends, valid, strict=True))
        stack = np.zeros((4, _STACK_WIDTH), dtype=np.int64)
        arrays = (self._nodes, self._slots, text, bounds, rows, routes, table, slots, stack)
        call_kernel(match_paths, arrays)
        codes = pa.array(routes.astype(np.int32), mask=routes < 0)
        columns = {"route": pa.DictionaryArray.from_arrays(codes, self._templates)}
        if slots:
            children = [text_array(values[n], ends[n], valid[n]) for n in range(slots)]
            columns["params"] = pa.StructArray.from_arrays(children, names=list(self._params))
        return columns


def string_parts(strings: pa.StringArray) -> tuple[Bytes, Offsets]:
    """Return the bytes of an array of strings, with spare ones behind them, and the offsets."""
    _, ends, data = strings.buffers()
    offsets = np.frombuffer(ends, dtype=np.int32, count=len(strings) + 1)
    size = int(offsets[-1])
    if data is not None and data.size >= size + SPARE:  # as `text_array` makes them
        return np.frombuffer(data, dtype=np.uint8, count=size + SPARE), offsets
    text = np.empty(size + SPARE, dtype=np.uint8)
    if size:
        text[:size] = np.frombuffer(data, dtype=np.uint8, count=size)
    return text, offsets


def _tree(table: RouteTable, pool: bytearray) -> tuple[Ints, Ints]:
    nodes = [_node(0, 0)]
    slots = np.full((len(table.templates), MAX_SEGMENTS), -1, dtype=np.int64)
    for route, segments in enumerate(table.segments):
        at = 0
        for depth, segment in enumerate(segments):
            if isinstance(segment, str):
                slots[route, depth] = table.params.index(segment)
                if nodes[at][PARAMETER_CHILD] < 0:
                    nodes[at][PARAMETER_CHILD] = len(nodes)
                    nodes.append(_node(0, 0))
                at = nodes[at][PARAMETER_CHILD]
            else:
                at = _literal_child(nodes, pool, at, segment)
        nodes[at][ROUTE] = route
    return np.array(nodes, dtype=np.int64), slots


def _node(name: int, size: int) -> list[int]:
    return [-1, -1, name, size, -1, -1]


def _literal_child(nodes: list[list[int]], pool: bytearray, parent: int, name: bytes) -> int:
    child = nodes[parent][FIRST_CHILD]
    while child >= 0:
        start = nodes[child][NAME]
        if pool[start : start + nodes[child][NAME_SIZE]] == name:
            return child
        child = nodes[child][NEXT_SIBLING]
    nodes.append(_node(len(pool), len(name)))
    pool += name
    nodes[-1][NEXT_SIBLING] = nodes[parent][FIRST_CHILD]
    nodes[parent][FIRST_CHILD] = len(nodes) - 1
    return len(nodes) - 1


@kernel
def match_paths(k: int) -> None:
    """Match every path; write the route's number and its parameters."""
    text, bounds, routes = cell(k, TEXT), cell(k, BOUNDS), cell(k, ROUTES)
    stack = cell(k, STACK)
    for row in range(cell(k, ROWS)):
        start = text + load32(bounds + 4 * row)
        segments = _split(stack, start, text + load32(bounds + 4 * row + 4))
        route = _search(k, stack, segments)
        set_cell(routes, row, route)
        for slot in range(cell(k, SLOT_COUNT)):
            ends = cell(row_of(cell(k, VALUES), slot, SLOT_WIDTH), ENDS) + 4 * row
            store32(ends + 4, load32(ends))
        if route < 0:
            continue
        for depth in range(segments):
            slot = cell(row_of(cell(k, SLOTS), route, MAX_SEGMENTS), depth)
            if slot >= 0:
                _put_parameter(row_of(cell(k, VALUES), slot, SLOT_WIDTH), row, stack, depth)


@inlined
def _put_parameter(column: int, row: int, stack: int, depth: int) -> None:
    start, stop = _at(stack, SEGMENT_FROM, depth), _at(stack, SEGMENT_TO, depth)
    ends, strings = cell(column, ENDS) + 4 * row, cell(column, STRINGS)
    end = decode_percent(start, stop, strings + load32(ends))
    store32(ends + 4, end - strings)
    store(cell(column, TEXT_OK) + row, 1)


@inlined
def _at(stack: int, part: int, depth: int) -> int:
    return cell(stack, part * _STACK_WIDTH + depth)


@inlined
def _set(stack: int, part: int, depth: int, value: int) -> None:
    set_cell(stack, part * _STACK_WIDTH + depth, value)


@inlined
def _split(stack: int, start: int, stop: int) -> int:
    """Note the bounds of a path's segments; return how many, or -1 if no template can match."""
    if start >= stop or load(start) != SLASH:
        return -1
    count, begin = 0, start + 1
    while True:
        if count == MAX_SEGMENTS:
            return -1
        end = find_byte(begin, stop, SLASH)
        _set(stack, SEGMENT_FROM, count, begin)
        _set(stack, SEGMENT_TO, count, end)
        count += 1
        if end == stop:
            return count
        begin = end + 1


@inlined
def _search(k: int, stack: int, segments: int) -> int:
    """Return the matching template: depth first, a literal segment before a parameter."""
    if segments < 0:
        return -1
    depth = 0
    _set(stack, AT_NODE, 0, 0)
    _set(stack, TRIED, 0, 0)
    while depth >= 0:
        node, child = row_of(cell(k, NODES), _at(stack, AT_NODE, depth), _NODE_WIDTH), -1
        if depth == segments:
            if cell(node, ROUTE) >= 0:
                return cell(node, ROUTE)
            depth -= 1
            continue
        start, stop = _at(stack, SEGMENT_FROM, depth), _at(stack, SEGMENT_TO, depth)
        tried = _at(stack, TRIED, depth)
        _set(stack, TRIED, depth, tried + 1)
        if tried == 0:
            child = _child(k, node, start, stop)
        elif tried == 1 and stop > start:
            child = cell(node, PARAMETER_CHILD)
        if child >= 0:
            depth += 1
            _set(stack, AT_NODE, depth, child)
            _set(stack, TRIED, depth, 0)
        elif tried > 0:
            depth -= 1
    return -1


@inlined
def _child(k: int, node: int, start: int, stop: int) -> int:
    child = cell(node, FIRST_CHILD)
    while child >= 0:
        row = row_of(cell(k, NODES), child, _NODE_WIDTH)
        size = cell(row, NAME_SIZE)
        if size == stop - start and same(start, cell(row, NAME), size):
            return child
        child = cell(row, NEXT_SIBLING)
    return child


@helper
def decode_percent(start: int, stop: int, target: int) -> int:
    """Write a segment with %XX decoded; as it is, if the outcome were not UTF-8."""
    first, end = start, target
    while start < stop:
        byte = load(start)
        start += 1
        if byte == PERCENT and start + 1 < stop:
            high, low = hex_digit(load(start)), hex_digit(load(start + 1))
            if high >= 0 and low >= 0:
                byte = high * 16 + low
                start += 2
        store(end, byte)
        end += 1
    check = target
    while check < end:
        length = sequence_length(check, end)
        if length < 0:
            copy(first, stop, target)
            return target + stop - first
        check += length
    return end
