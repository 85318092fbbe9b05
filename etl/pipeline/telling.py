"""What is said of inputs that were read, and of those that could not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loguru import logger

from etl.errors import SkippableError
from etl.model import RejectReason
from etl.store.ledger import Outcome


def reason(uri: str, error: SkippableError) -> str:
    """Return why an input cannot be read, without its address, which is told besides."""
    return str(error).removeprefix(f"{uri}: ")


def together(left_out: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each reason once: what is wrong with one object is often wrong with a thousand.

    Args:
        left_out: Addresses of inputs and why they cannot be read.
    """
    alike: dict[str, list[str]] = {}
    for uri, why in left_out:
        alike.setdefault(why, []).append(uri)
    for why, named in alike.items():
        first, *others = sorted(named)
        yield f"{first} and {len(others):,} more" if others else first, why


def log_read(source: str, outcome: Outcome) -> None:
    """Log what reading an input gave, and what is odd about it."""
    counts = outcome.counts
    logger.bind(
        source=source,
        uri=outcome.span.input.uri,
        lines=counts.lines,
        records=counts.records,
        rejects=counts.rejects,
        blank=counts.blank,
        drifted=counts.drifted,
        lossy=counts.lossy,
        pieces=counts.pieces,
        refused=dict(outcome.refused),
        to_offset=outcome.to_offset,
    ).info("input read")
    for lines, what in (
        (counts.drifted, "records have more fields than the format says"),
        (counts.lossy, "records have U+FFFD for bytes that are not UTF-8"),
        (counts.pieces, "lines go on in a later one, as the container's runtime split them"),
        *((outcome.refused.get(reason, 0), what) for reason, what in _UNREADABLE.items()),
    ):
        if lines:
            logger.bind(source=source, uri=outcome.span.input.uri, lines=lines).warning(what)


_UNREADABLE = {
    RejectReason.WIDE_ENCODING: "lines are UTF-16 or UTF-32, where UTF-8 is read",
    RejectReason.NUL_BYTES: "lines are filled with NUL bytes",
    RejectReason.MAC_LINE_ENDS: "lines hold carriage returns, as old Macs end lines",
}


def unlike(source: str, outcome: Outcome) -> str:
    """Return a sentence on an input none of whose lines is a record."""
    reasons = ", ".join(f"{lines:,} {reason}" for reason, lines in outcome.refused.most_common())
    return f"{outcome.span.input.uri}: no line is of the format of '{source}' ({reasons})"
