"""Proof of completeness: every line of every input is a record, a reject or blank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from etl.model import Counts, InputAccount, RejectSample, Verdict
from etl.reporting.tables import Cell, Column, Raw, Table, csv_bytes
from etl.reporting.text import clip, count_of, from_log, instant

REJECTS = ("source", "reason", "detail", "input", "offset", "raw")
"""Columns of `rejects.csv`."""

_STATES = {"read": "met", "waiting": "incomplete", "skipped": "missed"}


def total_of(inputs: Sequence[InputAccount]) -> Counts:
    """Return the sum over inputs, part by part."""
    return sum((account.counts for account in inputs), Counts())


def inputs_table(inputs: Sequence[InputAccount], zone: str) -> Table:
    """Return the account of each input, and the sum of each source."""
    columns = (
        Column("source", "Source"),
        Column("input", "Input", "path"),
        Column("state", "State", "verdict"),
        Column("lines", "Lines", "number"),
        Column("records", "= Records", "number"),
        Column("rejects", "+ Rejects", "number"),
        Column("blank", "+ Blank", "number"),
        Column("balanced", "Sum", "verdict"),
        Column("drifted", ""),
        Column("lossy", ""),
        Column("pieces", ""),
        Column("first_at", "First and last record", "instant"),
        Column("last_at", ""),
        Column("detail", ""),
        Column("input_id", ""),
    )
    ordered = sorted(inputs, key=lambda a: (a.state == "read", a.source, a.uri, a.input_id))
    rows = tuple(_input_row(account, zone) for account in ordered)
    return Table("inputs", "Inputs", columns, rows)


def _input_row(account: InputAccount, zone: str) -> tuple[Cell, ...]:
    last = "" if account.last_at is None else instant(account.last_at, zone)
    cells = list(count_cells(account.counts, read=account.state == "read"))
    cells[1] = replace(cells[1], note=", ".join(_oddities(account.counts)))
    return (
        Cell(account.source, clip(account.source, 60)),
        Cell(account.uri, clip(account.uri, 160), note=clip(account.detail, 160)),
        Cell(
            account.state,
            clip(account.state, 20),
            verdict=_STATES.get(account.state, "incomplete"),
        ),
        *cells,
        Cell(account.counts.drifted, ""),
        Cell(account.counts.lossy, ""),
        Cell(account.counts.pieces, ""),
        Cell(account.first_at, instant(account.first_at, zone), note=last),
        Cell(account.last_at, ""),
        Cell(account.detail, ""),
        Cell(account.input_id, ""),
    )


def _oddities(counts: Counts) -> Iterator[str]:
    if counts.drifted:
        yield f"{counts.drifted:,} with more fields"
    if counts.lossy:
        yield f"{counts.lossy:,} not UTF-8"
    if counts.pieces:
        yield f"{counts.pieces:,} going on in a later line"


def oddities_line(counts: Counts) -> str:
    """Say what is odd about records that are records all the same; nothing where nothing is."""
    said = []
    if counts.drifted:
        has, its = ("records have", "their") if counts.drifted > 1 else ("record has", "its")
        said.append(
            f"{counts.drifted:,} {has} more fields than {its} format says, kept in extra: the"
            " server writes another format than it is said to."
        )
    if counts.lossy:
        hold = "records hold" if counts.lossy > 1 else "record holds"
        said.append(f"{counts.lossy:,} {hold} bytes that are not UTF-8, shown as U+FFFD.")
    if counts.pieces:
        lines = "lines go" if counts.pieces > 1 else "line goes"
        said.append(
            f"{counts.pieces:,} {lines} on in a later line: the container's runtime split long"
            " ones, and each piece is counted by itself."
        )
    return " ".join(said)


def count_cells(counts: Counts, *, read: bool) -> tuple[Cell, ...]:
    """Return the four counts and whether they add up; of nothing read, no sum is a proof."""
    numbers = (counts.lines, counts.records, counts.rejects, counts.blank)
    word, verdict = ("adds up", "met") if counts.balanced else ("does not add up", "missed")
    if counts.balanced and not read:
        word, verdict = "nothing read", "no_data"
    return (
        *(Cell(n, f"{n:,}") for n in numbers),
        Cell(counts.balanced, word, verdict=verdict),
    )


def missing_table(missing: Sequence[str]) -> Table:
    """Return the sources that were expected and have nothing."""
    columns = (Column("source", "Source"), Column("state", "State", "verdict"))
    state = Verdict.INCOMPLETE
    rows = tuple(
        (Cell(name, clip(name, 60)), Cell("missing", "missing", verdict=state.value))
        for name in sorted(missing)
    )
    return Table("missing", "Sources without the expected data", columns, rows)


def rejects_table(rejects: Sequence[RejectSample]) -> Table:
    """Return samples of refused lines, hostile text made visible."""
    columns = (
        Column("source", "Source"),
        Column("reason", "Reason"),
        Column("input", "Input", "path"),
        Column("offset", "Byte", "number"),
        Column("raw", "Line", "log"),
    )
    rows = tuple(_reject_row(sample) for sample in _ordered(rejects))
    return Table("rejects", "Samples of refused lines", columns, rows)


def _reject_row(sample: RejectSample) -> tuple[Cell, ...]:
    raw = from_log(sample.raw)
    return (
        Cell(sample.source, clip(sample.source, 60)),
        Cell(sample.reason, clip(sample.reason.replace("_", " "), 40), clip(sample.detail, 120)),
        Cell(sample.uri, clip(sample.uri, 160)),
        Cell(sample.offset, f"{sample.offset:,}"),
        Cell(raw, clip(raw, 240)),
    )


def rejects_csv(rejects: Sequence[RejectSample]) -> bytes:
    """Return the samples with their whole text."""
    rows: list[list[Raw]] = [
        [s.source, s.reason, s.detail, s.uri, s.offset, from_log(s.raw)] for s in _ordered(rejects)
    ]
    return csv_bytes(REJECTS, rows)


def _ordered(rejects: Sequence[RejectSample]) -> list[RejectSample]:
    return sorted(rejects, key=lambda s: (s.source, s.reason, s.uri, s.offset))


def proof_line(inputs: Sequence[InputAccount], missing: Sequence[str]) -> str:
    """Return the proof in one sentence."""
    counts = total_of(inputs)
    said = (
        f"{counts.lines:,} lines = {counts.records:,} records + {counts.rejects:,} rejects "
        f"+ {counts.blank:,} blank in {count_of(len(inputs), 'input')}"
    )
    if not counts.balanced or not all(account.counts.balanced for account in inputs):
        said += " (DOES NOT ADD UP)"
    waiting = sum(account.state != "read" for account in inputs)
    if waiting:
        said += f", {waiting} of them not read"
    if missing:
        said += f"; missing: {clip(', '.join(sorted(missing)), 120)}"
    return said
