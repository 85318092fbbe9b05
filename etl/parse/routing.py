"""Matches paths with route templates, and takes the parameters out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from etl import schema
from etl.formats.routes import MAX_SEGMENTS, RouteTable
from etl.model import Bytes
from etl.parse.buffers import text_array
from etl.parse.context import SLASH, Ints, Offsets
from etl.parse.jit import helper, inlined, kernel
from etl.parse.text import hex_digit, sequence_length

_PERCENT = ord("%")
FIRST_CHILD, NEXT_SIBLING, NAME_FROM, NAME_TO, PARAMETER_CHILD, ROUTE = range(6)
_NODE_WIDTH = 6


class Matching(NamedTuple):
    """The tree of templates, the paths, and where results go."""

    nodes: Ints  # (nodes, _NODE_WIDTH); children and routes are -1 where there are none
    pool: Bytes  # names of literal segments
    slots: Ints  # (routes, MAX_SEGMENTS): parameter slot of a segment, or -1
    text: Bytes  # all paths
    bounds: Offsets  # (rows + 1,): of each path in `text`
    routes: Ints  # (rows,): matched template, or -1
    values: Bytes  # parameter values, (slots, bytes of all paths) flat
    ends: Offsets  # (slots, rows + 1)
    valid: Bytes  # (slots, rows)
    stack: Ints  # (4, MAX_SEGMENTS + 1): node, next try, begin and end of segment by depth


class Router:
    """Matches whole columns of paths with a route table."""

    def __init__(self, table: RouteTable) -> None:
        self._params = table.params
        self._templates = pa.array(table.templates, schema.TEXT)
        self._nodes, self._pool, self._slots = _tree(table)

    def match(self, paths: pa.StringArray) -> dict[str, pa.Array]:
        """Return the columns `route` and, where templates have parameters, `params`."""
        rows, slots = len(paths), len(self._params)
        text, bounds = string_parts(paths)
        k = Matching(
            nodes=self._nodes,
            pool=self._pool,
            slots=self._slots,
            text=text,
            bounds=bounds,
            routes=np.empty(rows, dtype=np.int64),
            values=np.empty(max(1, slots * len(text)), dtype=np.uint8),
            ends=np.zeros((slots, rows + 1), dtype=np.int32),
            valid=np.zeros((slots, rows), dtype=np.uint8),
            stack=np.zeros((4, MAX_SEGMENTS + 1), dtype=np.int64),
        )
        match_paths(k)
        picks = pa.array(k.routes, mask=k.routes < 0)
        columns = {"route": self._templates.take(picks)}
        if slots:
            children = [
                text_array(k.values[slot * len(text) :], k.ends[slot], k.valid[slot], schema.TEXT)
                for slot in range(slots)
            ]
            columns["params"] = pa.StructArray.from_arrays(children, names=list(self._params))
        return columns


def string_parts(strings: pa.StringArray) -> tuple[Bytes, Offsets]:
    """Return the bytes and offsets of an array of strings without copying; read-only."""
    _, ends, data = strings.buffers()
    offsets = np.frombuffer(ends, dtype=np.int32, count=len(strings) + 1)
    text = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else None
    if text is None:
        text = np.zeros(1, dtype=np.uint8)
    text, offsets = text.view(), offsets.view()
    text.flags.writeable = offsets.flags.writeable = False  # one compiled kernel for all callers
    return text, offsets


def _tree(table: RouteTable) -> tuple[Ints, Bytes, Ints]:
    nodes = [_node(0, 0)]
    pool = bytearray()
    slots = np.full((max(1, len(table.templates)), MAX_SEGMENTS), -1, dtype=np.int64)
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
    return np.array(nodes, dtype=np.int64), np.frombuffer(bytes(pool) or b"\0", np.uint8), slots


def _node(name_from: int, name_to: int) -> list[int]:
    return [-1, -1, name_from, name_to, -1, -1]


def _literal_child(nodes: list[list[int]], pool: bytearray, parent: int, name: bytes) -> int:
    child = nodes[parent][FIRST_CHILD]
    while child >= 0:
        if pool[nodes[child][NAME_FROM] : nodes[child][NAME_TO]] == name:
            return child
        child = nodes[child][NEXT_SIBLING]
    nodes.append(_node(len(pool), len(pool) + len(name)))
    pool += name
    nodes[-1][NEXT_SIBLING] = nodes[parent][FIRST_CHILD]
    nodes[parent][FIRST_CHILD] = len(nodes) - 1
    return len(nodes) - 1


@kernel
def match_paths(k: Matching) -> None:
    """Match every path; write the route's number and its parameters."""
    width = k.text.size
    for row in range(k.routes.size):
        segments = _split(k, k.bounds[row], k.bounds[row + 1])
        route = _search(k, segments)
        k.routes[row] = route
        for slot in range(k.ends.shape[0]):
            k.ends[slot, row + 1] = k.ends[slot, row]
        if route < 0:
            continue
        for depth in range(segments):
            slot = k.slots[route, depth]
            if slot >= 0:
                base = slot * width
                place = base + k.ends[slot, row]
                end = decode_percent(k.text, k.stack[2, depth], k.stack[3, depth], k.values, place)
                k.ends[slot, row + 1] = end - base
                k.valid[slot, row] = 1


@inlined
def _split(k: Matching, start: int, stop: int) -> int:
    """Note the bounds of a path's segments; return how many, or -1 if no template can match."""
    if start >= stop or k.text[start] != SLASH:
        return -1
    count, begin = 0, start + 1
    for place in range(start + 1, stop + 1):
        if place == stop or k.text[place] == SLASH:
            if count == MAX_SEGMENTS:
                return -1
            k.stack[2, count], k.stack[3, count] = begin, place
            count += 1
            begin = place + 1
    return count


@inlined
def _search(k: Matching, segments: int) -> int:
    """Return the matching template: depth first, a literal segment before a parameter."""
    if segments < 0:
        return -1
    depth = 0
    k.stack[0, 0], k.stack[1, 0] = 0, 0
    while depth >= 0:
        node, child = k.stack[0, depth], -1
        if depth == segments:
            if k.nodes[node, ROUTE] >= 0:
                return k.nodes[node, ROUTE]
            depth -= 1
            continue
        tried = k.stack[1, depth]
        k.stack[1, depth] = tried + 1
        if tried == 0:
            child = _child(k, node, k.stack[2, depth], k.stack[3, depth])
        elif tried == 1:
            if k.stack[3, depth] > k.stack[2, depth]:
                child = k.nodes[node, PARAMETER_CHILD]
        else:
            depth -= 1
            continue
        if child >= 0:
            depth += 1
            k.stack[0, depth], k.stack[1, depth] = child, 0
    return -1


@inlined
def _child(k: Matching, node: int, start: int, stop: int) -> int:
    child = k.nodes[node, FIRST_CHILD]
    while child >= 0:
        low, high = k.nodes[child, NAME_FROM], k.nodes[child, NAME_TO]
        if high - low == stop - start:
            index = 0
            while low + index < high and k.pool[low + index] == k.text[start + index]:
                index += 1
            if low + index == high:
                return child
        child = k.nodes[child, NEXT_SIBLING]
    return child


@helper
def decode_percent(text: Bytes, start: int, stop: int, target: Bytes, place: int) -> int:
    """Write a segment with %XX decoded; as it is, if the outcome were not UTF-8."""
    first, end = start, place
    while start < stop:
        byte = int(text[start])
        start += 1
        if byte == _PERCENT and start + 1 < stop:
            high, low = hex_digit(text[start]), hex_digit(text[start + 1])
            if high >= 0 and low >= 0:
                byte = high * 16 + low
                start += 2
        target[end] = byte
        end += 1
    check = place
    while check < end:
        length = 1 if target[check] < 0x80 else sequence_length(target, check, end)
        if length < 0:
            for index in range(stop - first):
                target[place + index] = text[first + index]
            return place + stop - first
        check += length
    return end
