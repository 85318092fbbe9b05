"""Turns the pieces of a format string into the steps of a layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from etl.errors import LogFormatError
from etl.formats.fields import (
    SELF_DELIMITING,
    TIMES,
    Field,
    Flag,
    Layout,
    Op,
    Step,
    Trailing,
    digits_of,
    expand_pattern,
)

QUOTE = b'"'
IN_QUOTES = "line in quotes"
_LETTER = re.compile("%.")


@dataclass(frozen=True, slots=True)
class Placed:
    """A field and where the format string names it.

    Attributes:
        text: As written, such as `$status` or `%>s`.
        position: Index in the format string.
    """

    field: Field
    text: str
    position: int


Piece = bytes | Placed


def layouts(
    pieces: Sequence[Piece],
    text: str,
    escapes: Flag = Flag.ESCAPED,
    slip: tuple[Placed, str] | None = None,
) -> tuple[Layout, Layout]:
    """Return the layouts of an access-log line: as the format says, and all of it in quotes.

    Some exports and shippers put quotes around whole lines; where the last field is text, the
    closing one cannot be told from it and stays there. For arguments and errors see `assemble` and
    `with_time`.
    """
    quoted = assemble([QUOTE, *pieces, QUOTE], text, escapes)
    plain = with_time(assemble(pieces, text, escapes, Trailing.DRIFT), text, slip)
    return plain, Layout(IN_QUOTES, quoted.steps)


def blank_hints(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Say which fields hold blanks and end at the first one, as the string has it."""
    return tuple(
        f"{piece.text} holds blanks and ends at the first one here: better put it in quotes."
        for piece, following in pairwise(_merge(pieces))
        if isinstance(piece, Placed)
        and (piece.field.op is Op.REQUEST or piece.field.column == "user_agent")
        and isinstance(following, bytes)
        and following.startswith(b" ")
    )


def with_time(layout: Layout, text: str, slip: tuple[Placed, str] | None = None) -> Layout:
    """Return a layout whose lines say when they were.

    Args:
        layout: The layout.
        text: The whole format string, for errors.
        slip: What looks like a time stamp's name that is misspelt, and the right name.

    Raises:
        LogFormatError: It has no time stamp, or only parts of one.
    """
    stamps = [step for step in layout.steps if "at" in step.columns]
    if stamps and not all(step.op is Op.CLOCK for step in stamps):
        return layout
    missing = _missing("".join(step.name for step in stamps))
    if stamps and not missing:
        return layout
    what = f"the format has no {missing if stamps else 'time stamp'}"
    if slip is None:
        place = max(0, text.find(stamps[0].what)) if stamps else 0
        length = len(stamps[0].what) if stamps else 1
        raise LogFormatError(what, text=text, position=place, length=length)
    wrong, hint = slip
    position, length = wrong.position, len(wrong.text)
    raise LogFormatError(
        what, text=text, position=position, length=length, hint=f"Did you mean '{hint}'?"
    )


def _missing(patterns: str) -> str:
    """Say what strptime patterns lack to name an instant; a year may be guessed."""
    letters = {match[-1] for match in _LETTER.findall(expand_pattern(patterns))}
    if "s" in letters:
        return ""
    if not (letters & set("bhBm") and letters & set("de")) and not {"j", "Y"} <= letters:
        return "date"
    if letters & set("Hk") or (letters & set("Il") and "p" in letters):
        return ""
    return "hour of the day"


def assemble(
    pieces: Sequence[Piece],
    text: str,
    escapes: Flag = Flag.ESCAPED,
    trailing: Trailing = Trailing.REFUSED,
    table: str = "requests",
) -> Layout:
    r"""Return the layout of a line.

    Args:
        pieces: Literals and fields in the order of the line.
        text: The whole format string, for errors.
        escapes: ESCAPED (\xHH, \" and the like), JSON_ESCAPED, or NONE.
        trailing: What more fields behind the last one are.
        table: `requests` or `events`.

    Raises:
        LogFormatError: Two fields touch and nothing tells where one ends, or there is no field.
    """
    merged = _parted_by_slashes(_merge(pieces))
    owners = _owners([piece for piece in merged if isinstance(piece, Placed)])
    if not owners:
        raise LogFormatError("the format has no field", text=text, position=0)
    steps: list[Step] = []
    for index, piece in enumerate(merged):
        following = merged[index + 1] if index + 1 < len(merged) else None
        literal = following if isinstance(following, bytes) else b""
        if isinstance(piece, bytes):
            if index == 0:
                steps.append(Step(Op.LITERAL, piece))
            continue
        spaced = piece.field.column == "remote_addr" and literal[:1] == b" " and len(literal) > 1
        steps.append(_step(piece, literal[:1] if spaced else literal, owners, escapes, table))
        if spaced:  # no address has a blank in it, so it ends at the first one
            steps.append(Step(Op.LITERAL, literal[1:]))
        if isinstance(following, Placed) and not _ends_itself(steps[-1]):
            raise LogFormatError(
                f"nothing stands between {piece.text} and {following.text}",
                text=text,
                position=following.position,
                length=len(following.text),
                hint="put a space or a quote between them",
            )
    if trailing is Trailing.EXPECTED and steps[-1].op is Op.TEXT and not steps[-1].literal:
        steps[-1] = replace(steps[-1], flags=steps[-1].flags | Flag.WORD)
    return Layout("line", _with_first_addend(steps), trailing)


def _with_first_addend(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps, of which the first that is added up begins the sum."""
    for index, step in enumerate(steps):
        if step.op is Op.ADDEND:
            return (*steps[:index], replace(step, scale=1), *steps[index + 1 :])
    return tuple(steps)


def _ends_itself(step: Step) -> bool:
    return step.op in SELF_DELIMITING or (step.op is Op.SEVERITY and step.scale == 1)


def _merge(pieces: Sequence[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            merged[-1] = last + piece
        elif piece != b"":
            merged.append(piece)
    return merged


def _parted_by_slashes(pieces: list[Piece]) -> list[Piece]:
    """Let a host or a method end where the URI behind it begins, as in `$host$request_uri`."""
    owner = _owners([piece for piece in pieces if isinstance(piece, Placed)]).get("path")
    parted: list[Piece] = []
    for piece in pieces:
        before = parted[-1] if parted else None
        touches = piece is owner and isinstance(before, Placed) and _holds_no_slash(before.field)
        if owner is not None and touches and owner.field.op is Op.URI:
            parted += [b"/", replace(owner, field=replace(owner.field, scale=1))]
        else:
            parted.append(piece)
    return parted


def _holds_no_slash(field: Field) -> bool:
    names = {
        "host",
        "hostname",
        "server_name",
        "server_port",
        "request_port",
        "remote_addr",
        "method",
    }
    return field.op is Op.INTEGER or not names.isdisjoint((field.column, field.name))


def _owners(placed: Sequence[Placed]) -> dict[str, Placed]:
    """Return which field fills each column: the lowest rank, then the first."""
    owners: dict[str, Placed] = {}
    for candidate in sorted(placed, key=lambda each: (each.field.rank, each.position)):
        wanted = candidate.field.columns
        if not any(column in owners for column in wanted):
            owners.update(dict.fromkeys(wanted, candidate))
    return owners


def _step(
    piece: Placed, literal: bytes, owners: dict[str, Placed], escapes: Flag, table: str
) -> Step:
    field = piece.field
    if field.op is Op.PAD:
        return Step(Op.PAD, literal, what="blanks")
    flags = field.flags | escapes
    if literal.startswith(QUOTE) and escapes:
        flags |= Flag.QUOTED
    if escapes is not Flag.ESCAPED:  # nginx writes "-" for what is absent in its own escaping only
        flags |= Flag.EMPTY_IS_NULL
    if field.op is Op.ADDEND:
        return Step(field.op, literal, field.column, flags, 0, piece.text, field.name)
    owner = owners.get(field.column)
    if owner is not None and (owner is piece or field.op is owner.field.op is Op.CLOCK):
        scale = digits_of(table, field.column) if field.op is Op.INTEGER else field.scale
        keys = {Op.REQUEST: "request", Op.ADDRESS: field.name, Op.FORWARDED: field.name}
        key = keys.get(field.op, "")
        return Step(field.op, literal, field.column, flags, scale, piece.text, key, field.pattern)
    op = field.op if field.op in TIMES or field.op in (Op.LIST, Op.DIGITS) else Op.TEXT
    op = Op.LIST if field.op is Op.SUM else op  # both hold spaces
    flags |= Flag.EXTRA
    key = field.name or piece.text
    return Step(op, literal, "", flags, field.scale, piece.text, key, field.pattern)
