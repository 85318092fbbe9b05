"""Decides what of each listed input is still to be read.

An input is what its content says, see `etl.sources.identity`. Of several inputs with the same
content one is read, and the others are its copies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from loguru import logger

from etl.errors import ChangedInputError, SkippableError
from etl.model import Input
from etl.pipeline.looking import Look, Looker, Mapped, Relation, done_reads, is_object, relate
from etl.pipeline.telling import reason
from etl.sources.base import COMPRESSED, Source
from etl.sources.identity import HEAD_BYTES, length_of, new_input_id
from etl.store.ledger import TO_END, KnownInput, Span

CHUNK_BYTES = 1 << 16
"""Read at a time when looking for the last newline from behind."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read, and what has to be left for another day.

    Attributes:
        spans: One per input that has something new.
        skipped: Address and reason of inputs that cannot be read now.
        changed: Whether any of these is only no longer what was listed.
    """

    spans: list[Span]
    skipped: list[tuple[Input, str]]
    changed: bool = False


def plan_spans(
    origin: Source,
    source: str,
    listed: Iterable[Input],
    known: list[KnownInput],
    *,
    refuted: Iterable[tuple[str, str]] = (),
    mapped: Mapped = map,
) -> Plan:
    """Compare the listed inputs with what the ledger knows.

    Args:
        origin: Opens the inputs.
        source: The source's name.
        listed: The inputs as they are now.
        known: The inputs as they were when last read.
        refuted: Pairs of address and input id that reading showed to differ, though they begin
            alike.
        mapped: Looks into many inputs at once.
    """
    planner = _placed(origin, source, listed, known, refuted=refuted, mapped=mapped)
    spans = planner.spans()
    return Plan(spans, planner.skipped, planner.changed)


def find_holders(
    origin: Source,
    source: str,
    listed: Iterable[Input],
    known: list[KnownInput],
    *,
    mapped: Mapped = map,
) -> dict[str, Input]:
    """Return the ids of known inputs that are still there, and what they are now."""
    return _placed(origin, source, listed, known, refuted=(), mapped=mapped).holders


def _placed(
    origin: Source,
    source: str,
    listed: Iterable[Input],
    known: list[KnownInput],
    *,
    refuted: Iterable[tuple[str, str]],
    mapped: Mapped,
) -> _Planner:
    items = list(listed)
    whole = all(is_object(item.uri) for item in items)
    looker = Looker(origin, known, refuted, whole=whole)
    planner = _Planner(origin, source, known, looker)
    seen = {(each.uri, each.etag): each for each in known}
    done = dict(done_reads(items, seen, COMPRESSED))
    for item, before in done.items():
        planner.holders[before.input_id] = item
    looks = mapped(looker.look, [item for item in items if item not in done])
    planner.place([look for look in looks if look.head or look.trouble])
    return planner


@dataclass(slots=True)
class _Planner:
    """Finds for each look the input that it is of.

    Attributes:
        holders: Known input to the listed input that it now is.
        going_on: Known input's id to it, and to the look at what goes on with it.
        new: Looks at inputs that nobody has read.
    """

    origin: Source
    source: str
    known: list[KnownInput]
    looker: Looker
    holders: dict[str, Input] = field(default_factory=dict)
    going_on: dict[str, tuple[KnownInput, Look]] = field(default_factory=dict)
    new: list[Look] = field(default_factory=list)
    skipped: list[tuple[Input, str]] = field(default_factory=list)
    changed: bool = False

    def place(self, looks: list[Look]) -> None:
        """Sort looks: what goes on, what is a copy, what is new, what is wrong."""
        unmatched: list[Look] = []
        # Of equals the plain one is read: a compressed one may still be being written.
        for look in sorted(looks, key=lambda each: (each.compressed, -each.item.size_bytes)):
            if look.trouble:
                self._leave(look.item, look.trouble)
            elif not any(self._goes_on(look, before) for before in look.matches):
                unmatched.append(look)
        new = [look for look in unmatched if not self._is_explained(look)]
        self.new = self._without_copies(new, self._longer_ones(new))

    def spans(self) -> list[Span]:
        """Return what is to be read, in the order of addresses."""
        found = [self._span(look, before) for before, look in self.going_on.values()]
        taken = {each.input_id for each in self.known}
        for look in self.new:
            span = self._span(look, None, taken)
            found.append(span)
            taken.update({span.input_id} if span else ())
        return sorted((span for span in found if span), key=lambda span: span.input.uri)

    def _goes_on(self, look: Look, before: KnownInput) -> bool:
        """Let a look go on with a known input, or find it to be a copy of what does."""
        holder = self.holders.get(before.input_id)
        relation = None if holder is None else self._relate(look, holder)
        if relation in (None, Relation.CONTINUATION):
            self.holders[before.input_id] = look.item
            self.going_on[before.input_id] = before, look
        return relation != Relation.OTHER

    def _is_explained(self, look: Look) -> bool:
        """Tell whether an input that begins like known ones is a copy, or is reported."""
        for before in look.alike:
            holder = self.holders.get(before.input_id)
            if holder is not None:
                if holder != look.item and self._relate(look, holder) != Relation.OTHER:
                    return True
            elif look.compressed or (is_object(look.item.uri) and before.uri != look.item.uri):
                continue
            elif look.item.size_bytes < before.to_offset:
                self._report(look, f"became shorter than the {before.to_offset} bytes that were")
                return True
            elif before.uri == look.item.uri:
                self._report(look, f"changed before byte {before.to_offset}, up to which it was")
                return True
        return False

    def _leave(self, item: Input, error: SkippableError) -> None:
        self.skipped.append((item, reason(item.uri, error)))
        self.changed = self.changed or isinstance(error, ChangedInputError)

    def _report(self, look: Look, what: str) -> None:
        advice = "read of it; nothing is read again. If it is another log, give it another name"
        self.skipped.append((look.item, f"{what} {advice}"))

    def _longer_ones(self, new: list[Look]) -> list[Look]:
        """Return what inputs too short to match a known one may be the unfinished copies of."""
        if all(len(look.head) >= HEAD_BYTES or is_object(look.item.uri) for look in new):
            return []
        going_on = [look for _, look in self.going_on.values()]
        read = {look.item for look in going_on}
        done = (i for i in self.holders.values() if i not in read and not is_object(i.uri))
        return [*going_on, *map(self.looker.look, done)]

    def _without_copies(self, looks: list[Look], longer: list[Look]) -> list[Look]:
        """Leave out inputs whose content is the beginning of another one."""
        kept: dict[int, Look] = {}
        read = set(map(id, longer))
        # In this order whatever begins with a head stands right behind it: compare backwards.
        ordered = sorted(
            [*looks, *longer], key=lambda e: (e.head, e.compressed, -e.item.size_bytes)
        )
        for place in reversed(range(len(ordered))):
            look = ordered[place]
            if id(look) in read:
                kept[place] = look
                continue
            for other in range(place + 1, len(ordered)):
                if not ordered[other].head.startswith(look.head):
                    kept[place] = look
                    break
                if other not in kept:
                    continue
                relation = self._relate_new(look, ordered[other])
                if relation == Relation.CONTINUATION:
                    kept[other] = look
                if relation != Relation.OTHER:
                    break
            else:
                kept[place] = look
        return [look for look in kept.values() if id(look) not in read]

    def _relate_new(self, look: Look, other: Look) -> Relation:
        """Compare two inputs that nobody has read."""
        if is_object(look.item.uri) and is_object(other.item.uri):
            # They are whole: none is the unfinished copy of another, and a print is of all bytes of
            # a short one.
            if look.print != other.print:
                return Relation.OTHER
            if length_of(look.print) < HEAD_BYTES:
                return _told(look.item, other.item, Relation.SAME)
        return self._relate(look, other.item)

    def _relate(self, look: Look, other: Input) -> Relation:
        """Compare an input with another that begins like it; say in the log that it is a copy."""
        try:
            relation = relate(self.origin, look.item, other)
        except SkippableError as error:
            self._leave(look.item, error)
            return Relation.SAME
        return _told(look.item, other, relation)

    def _span(
        self, look: Look, before: KnownInput | None, taken: Collection[str] = ()
    ) -> Span | None:
        item, print_ = look.item, look.print
        if before is None:
            input_id = new_input_id(self.source, print_, taken)
            start, tail = 0, ""
        else:
            input_id, start, tail = before.input_id, before.to_offset, before.tail
        try:
            end = TO_END if look.compressed else self._end(item)
        except SkippableError as error:
            self._leave(item, error)
            return None
        if end in range(start + 1):
            return None
        return Span(item, input_id, print_, start, end, tail)

    def _end(self, item: Input) -> int:
        if item.closed:
            return item.size_bytes
        with self.origin.open_input(item) as stream:
            return _last_newline(stream, item.size_bytes)


def _told(item: Input, other: Input, relation: Relation) -> Relation:
    if relation in (Relation.SAME, Relation.BEGINNING):
        said = logger.bind(uri=item.uri, same_as=other.uri)
        said.info("input begins like another one, and is taken for its copy")
    return relation


def _last_newline(stream: BinaryIO, size: int) -> int:
    """Return the offset behind the last newline among the first `size` bytes."""
    end = size
    while end > 0:
        start = max(0, end - CHUNK_BYTES)
        stream.seek(start)
        found = stream.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
