"""Formats in two passes: one finds texts in the lines, the other parses these as lines.

A line wrapped in another format (a container's, syslog's) is unwrapped by the kernel; a regular
expression's groups are written one after the other. Counts stay those of the block's own lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from etl import schema
from etl.formats.fields import SPARE_COLUMN, LineFormat
from etl.model import BLOCK_PADDING, RAW_LIMIT, Block, Counts, ParsedBlock, RejectReason
from etl.native.cells import Ints
from etl.parse.headed import one_batch
from etl.parse.rejects import too_long
from etl.parse.unreadable import unreadable
from etl.parse.walk import Walker, in_order

_UNIT, _RECORD = b"\x1f", b"\x1e"
_SEPARATORS = bytes.maketrans(_UNIT + _RECORD, b"  ")
MOST_CODES = 1 << 40
"""Sets of values that are numbered before those that do not occur are left out."""

_KEPT_OF_OUTER = ("host", "app", "procid", "msgid", "facility", "severity", "structured_data")
_JSON = frozenset(SPARE_COLUMN.values())
_REJECT_SCHEMA = pa.schema(
    [schema.REJECTS.field(name) for name in ("reason", "detail", "raw", "offset")]
)


class NestedParser:
    """Parses the messages of one format's records by another format.

    The inner record takes the line's place; its time stamp is the outer one where it has none, and
    so are the columns of events that it leaves null. What else the outer record says is kept in the
    column of spare fields, under `outer`.

    Args:
        line_format: The outer format, with its `inner`.
        make_walker: Makes the parser of a format; told whether lines need no time stamp.
    """

    def __init__(
        self, line_format: LineFormat, make_walker: Callable[[LineFormat, bool], Walker]
    ) -> None:
        assert line_format.inner is not None  # noqa: S101 - the parser is for such formats
        self._outer = make_walker(line_format, False)
        self._inner = make_walker(line_format.inner, True)
        self._table = line_format.inner.table

    def parse(self, block: Block) -> ParsedBlock:
        """Parse a block; see `BlockParser.parse`."""
        outer = self._outer.parse(block)
        offsets = outer.records.column("offset").to_numpy()
        inner, starts = _parse_lines(self._inner, *_lines_of(outer.records.column("message")))
        rows = np.searchsorted(starts, inner.records.column("offset").to_numpy())
        columns = dict(zip(inner.records.schema.names, inner.records.columns, strict=True))
        columns["offset"] = pa.array(offsets[rows])
        all_came = len(rows) == len(offsets)
        around = outer.records if all_came else outer.records.take(pa.array(rows))
        columns["at"] = pc.coalesce(columns["at"], around.column("at"))
        self._keep_outer(columns, around)
        wrapped = _moved(inner.rejects, starts, offsets, block, _in_message)
        rejects = pa.Table.from_batches([outer.rejects, wrapped]).sort_by("offset")
        counts = Counts(
            outer.counts.lines,
            inner.counts.records,
            outer.counts.rejects + inner.counts.rejects,
            outer.counts.blank + inner.counts.blank,
            outer.counts.drifted + inner.counts.drifted,
            int(np.count_nonzero(self._outer.lossy[rows] | self._inner.lossy)),
            outer.counts.pieces,
        )
        return ParsedBlock(
            in_order(columns, self._table), one_batch(rejects.combine_chunks()), counts
        )

    def _keep_outer(self, columns: dict[str, pa.Array], around: pa.RecordBatch) -> None:
        """Fill columns that the inner records leave null; put what is left of the outer ones aside.

        Args:
            columns: Of the inner records; changed.
            around: The outer record of each.
        """
        left: dict[str, pa.Array] = {}
        for name in _KEPT_OF_OUTER:
            if name not in around.schema.names:
                continue
            outer = left[name] = around.column(name)
            if self._table == "events":
                inner = columns.get(name, pa.nulls(len(outer), outer.type))
                columns[name] = pc.coalesce(inner, outer)
                told = pc.fill_null(pc.equal(columns[name], outer), fill_value=True)
                left[name] = pc.if_else(told, None, outer)
        spare = SPARE_COLUMN[self._table]
        own = columns.get(spare, pa.nulls(around.num_rows, pa.string()))
        columns[spare] = _with_outer(own, _as_json(left)) if left else own


def _as_json(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return the members of a JSON object for each row, null where it has none."""
    rows, kinds = _kinds(tuple(columns.values()))
    values = zip(
        *(column.take(pa.array(rows)).to_pylist() for column in columns.values()), strict=True
    )
    said = [_members(tuple(columns), each) or None for each in values]
    return pa.array(said, pa.string()).take(pa.array(kinds))


def _kinds(columns: Sequence[pa.Array]) -> tuple[Ints, Ints]:
    """Tell rows apart by their values: the first row of each kind, and the kind of each row."""
    codes, most = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        found = pc.dictionary_encode(column, null_encoding="encode")
        if most * len(found.dictionary) > MOST_CODES:
            kinds, codes = np.unique(codes, return_inverse=True)
            most = len(kinds)
        codes = codes * len(found.dictionary) + found.indices.to_numpy()
        most *= max(len(found.dictionary), 1)
    _, rows, kinds = np.unique(codes, return_index=True, return_inverse=True)
    return rows, kinds


def _members(names: Sequence[str], values: Sequence[object]) -> str:
    """Return the members of a JSON object; those of spare fields among them, which are one."""
    members = [
        value[1:-1] if isinstance(value, str) and name in _JSON else f'"{name}":{_dumps(value)}'
        for name, value in zip(names, values, strict=True)
        if value is not None
    ]
    return ",".join(member for member in members if member)


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _with_outer(own: pa.Array, outer: pa.Array) -> pa.Array:
    """Put the members of `outer` under that name into JSON objects; nulls are nothing."""
    inside = pc.binary_join_element_wise('"outer":{', outer, "}}", "")
    alone = pc.binary_join_element_wise("{", inside, "")
    both = pc.binary_join_element_wise(pc.utf8_slice_codeunits(own, 0, -1), inside, ",")
    return pc.coalesce(both, alone, own)


class PatternParser:
    """Parses lines by a regular expression: the slow road.

    Args:
        line_format: With its `pattern`; its layouts read the groups.
        make_walker: Makes the parser of a format.
        longest: Most bytes of a line.
    """

    def __init__(
        self, line_format: LineFormat, make_walker: Callable[[LineFormat], Walker], longest: int
    ) -> None:
        self._pattern = re.compile(line_format.pattern)
        self._names = [name.encode() for name in self._pattern.groupindex]
        self._groups = list(self._pattern.groupindex.values())
        self._walker, self._longest = make_walker(line_format), longest

    def parse(self, block: Block) -> ParsedBlock:
        """Parse a block; see `BlockParser.parse`."""
        found: list[bytes] = []
        offsets: list[int] = []
        refused: list[tuple[str, str, bytes, int]] = []
        blank, place = 0, block.offset
        lines = block.data[: block.size].tobytes().split(b"\n")
        for line in lines if lines[-1] else lines[:-1]:
            text = line.removesuffix(b"\r")
            text = text.lstrip(b"\0") or text  # as in the kernel
            match = self._pattern.match(text) if len(line) <= self._longest else None
            groups = self._groups_of(match) if match else b""
            if not text:
                blank += 1
            elif groups:
                found.append(groups)
                offsets.append(place)
            else:
                refused.append(self._refusal(line, place))
            place += len(line) + 1
        parsed, starts = _parse_texts(self._walker, found)
        at = np.array(offsets, dtype=np.int64)
        rows = np.searchsorted(starts, parsed.records.column("offset").to_numpy())
        index = parsed.records.schema.get_field_index("offset")
        records = parsed.records.set_column(index, "offset", pa.array(at[rows]))
        own = pa.RecordBatch.from_pylist(
            [dict(zip(_REJECT_SCHEMA.names, row, strict=True)) for row in refused],
            schema=_REJECT_SCHEMA,
        )
        moved = _moved(parsed.rejects, starts, at, block, lambda *_: "groups, ")
        rejects = pa.Table.from_batches([own, moved]).sort_by("offset").combine_chunks()
        total = len(found) + len(refused) + blank
        refusals = len(refused) + parsed.counts.rejects
        counts = Counts(total, parsed.counts.records, refusals, blank, lossy=parsed.counts.lossy)
        return ParsedBlock(records, one_batch(rejects), counts)

    def _refusal(self, line: bytes, place: int) -> tuple[str, str, bytes, int]:
        """Say why a line is refused that does not match, or whose groups are all left out."""
        reason, raw = RejectReason.NO_MATCH, line
        detail = "column 1: expected what the pattern matches"
        if len(line) > self._longest:
            reason, raw = RejectReason.TOO_LONG, line[:RAW_LIMIT]
            detail = too_long(len(line), self._longest, len(raw))
        reason, detail = unreadable(raw) or (reason, detail)
        return reason, detail, raw, place

    def _groups_of(self, match: re.Match[bytes]) -> bytes:
        values = match.group(0, *self._groups)[1:]
        return _RECORD.join(
            name + _UNIT + value.translate(_SEPARATORS)
            for name, value in zip(self._names, values, strict=True)
            if value is not None
        )


def _lines_of(texts: pa.Array) -> tuple[pa.Buffer, Ints]:
    """Return texts as lines, one behind the other, and where each begins and the last one ends."""
    whole = pc.ascii_rtrim(pc.fill_null(texts, ""), "\r\n")
    if (np.frombuffer(whole.buffers()[2] or b"", dtype=np.uint8) == ord("\n")).any():
        whole = pc.replace_substring(whole, "\n", " ")
    lines = pc.binary_join_element_wise(whole, "\n", "")
    _, ends, data = lines.buffers()
    return data, np.frombuffer(ends, dtype=np.int32)[: len(texts) + 1].astype(np.int64)


def _parse_texts(walker: Walker, texts: Sequence[bytes]) -> tuple[ParsedBlock, Ints]:
    """Parse texts as `_parse_lines` does."""
    sizes = np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts))
    data = b"".join(text + b"\n" for text in texts)
    return _parse_lines(walker, data, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]))


def _parse_lines(walker: Walker, data: bytes | pa.Buffer, bounds: Ints) -> tuple[ParsedBlock, Ints]:
    """Parse lines as a block; return also where each of them begins in it."""
    size = int(bounds[-1])
    padded = np.zeros(size + BLOCK_PADDING, dtype=np.uint8)
    padded[:size] = np.frombuffer(data, dtype=np.uint8, count=size)
    return walker.parse(Block(padded, size, 0)), bounds[:-1]


def _in_message(line: bytes, message: bytes) -> str:
    """Say where a message begins, if the line ends with it as it is: in JSON it is escaped."""
    line = line.rstrip(b"\r")
    if not line.endswith(message):
        return "message, "
    return f"message from column {len(line) - len(message) + 1}, "


def _moved(
    rejects: pa.RecordBatch,
    starts: Ints,
    offsets: Ints,
    block: Block,
    where: Callable[[bytes, bytes], str],
) -> pa.RecordBatch:
    """Return rejects of texts as those of the lines that the texts came from.

    Args:
        rejects: Of the texts.
        starts: Where each text begins in what was parsed.
        offsets: Where each line begins in the input.
        block: The lines.
        where: Says of a line and its text what a detail's columns count from.
    """
    places = offsets[np.searchsorted(starts, rejects.column("offset").to_numpy())]
    data = block.data[: block.size].tobytes()
    raws = []
    for place in places.tolist():
        start = place - block.offset
        end = data.find(b"\n", start)
        raws.append(data[start : len(data) if end < 0 else end])
    reasons = rejects.column("reason").to_pylist()
    texts = rejects.column("raw").to_pylist()
    details = [
        where(raw, text) + str(detail)
        for raw, text, detail in zip(raws, texts, rejects.column("detail").to_pylist(), strict=True)
    ]
    for number, raw in enumerate(raws):
        why = unreadable(raw)
        if why is not None:
            reasons[number], details[number] = why
    arrays = [pa.array(reasons, pa.string()), details, pa.array(raws, pa.binary()), places]
    return pa.RecordBatch.from_arrays([pa.array(a) for a in arrays], schema=_REJECT_SCHEMA)
