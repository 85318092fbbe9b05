"""A slow, obvious parser to hold the kernel to: one regular expression per value, datetime, json.

It reads the same steps as the kernel and shares none of its code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from etl.errors import LogFormatError
from etl.formats.fields import SPARE_COLUMN, LineFormat, Op, Step, table_schema
from etl.model import RejectReason as R
from etl.parse.unreadable import NULS, WIDE
from tests.parse import reference_clocks as clocks
from tests.parse import reference_named as named
from tests.parse import reference_syslog as syslog
from tests.parse import reference_times as times
from tests.parse import reference_values as values
from tests.parse.reference_walk import TIME, Reader, Refused, Walk

READERS: dict[Op, Reader] = {
    Op.LITERAL: lambda walk, step, start: start,
    Op.LIST: Walk.read_list,
    Op.INTEGER: values.read_integer,
    Op.DECIMAL: values.read_decimal,
    Op.SUM: Walk.read_sum,
    Op.CLF_TIME: times.read_clf,
    Op.ISO_TIME: times.read_iso,
    Op.EPOCH_TIME: times.read_epoch,
    Op.BSD_TIME: times.read_bsd,
    Op.CLOCK: clocks.read_clock,
    Op.PRIORITY: syslog.read_priority,
    Op.VERSION: syslog.read_version,
    Op.STRUCTURED: syslog.read_structured,
    Op.OPTIONAL_MESSAGE: syslog.read_optional,
    Op.TAGGED_MESSAGE: syslog.read_tagged,
    Op.HOST: syslog.read_host,
    Op.OBJECT: named.read_object,
    Op.PAIRS: named.read_pairs,
    Op.DURATION: values.read_duration,
    Op.ADDRESS: values.read_address,
    Op.ADDEND: values.read_addend,
    Op.SEVERITY: values.read_severity,
    Op.ANY_TIME: times.read_any,
    Op.PAD: values.read_pad,
    Op.FORWARDED: values.read_forwarded,
    Op.DIGITS: values.read_digits,
}


@dataclass
class Outcome:
    records: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[tuple[str, str, bytes, int]] = field(default_factory=list)
    blank: int = 0


@dataclass
class Parser:
    line_format: LineFormat
    zone: ZoneInfo
    reference: datetime
    longest: int = 1 << 20
    timeless: bool = False

    def __post_init__(self) -> None:
        self._begin(self.line_format)

    def _begin(self, line_format: LineFormat) -> None:
        """Look up once what each line needs to know of the format."""
        self.line_format = line_format
        self.layouts = [
            replace(one, steps=tuple(map(with_plain_flags, one.steps)))
            for one in line_format.layouts
        ]
        self.names = line_format.columns
        if line_format.header:  # all blocks are alike, whatever fields their lines have
            self.names = tuple(set(table_schema(line_format.table).names) - ADDED_LATER)
        self.inner = line_format.inner and Parser(
            line_format.inner, self.zone, self.reference, self.longest, timeless=True
        )

    def parse(self, data: bytes, offset: int = 0) -> Outcome:
        outcome = Outcome()
        if offset == 0 and data.startswith(b"\xef\xbb\xbf"):
            data, offset = data[3:], 3
            if not data:
                outcome.blank = 1
        lines = data.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        for raw in lines:
            self._read(raw, offset, outcome)
            offset += len(raw) + 1
        return outcome

    def _read(self, raw: bytes, offset: int, outcome: Outcome) -> None:
        line = raw.removesuffix(b"\r")
        if self.line_format.header and raw.startswith(b"#Fields:"):
            self._switch(raw)
        if not line or (self.line_format.header and line.startswith(b"#")):
            outcome.blank += 1
        elif len(raw) > self.longest:
            kept = raw[: 1 << 16]
            detail = f"line of {len(raw)} bytes, limit {self.longest}; raw holds the first "
            self._refuse(outcome, R.TOO_LONG, detail + str(len(kept)), kept, offset)
        elif self.line_format.pattern:
            self._groups(line.lstrip(b"\0") or line, raw, offset, outcome)
        else:
            self._line(line.lstrip(b"\0") or line, raw, offset, outcome)

    def _switch(self, raw: bytes) -> None:
        """From here on lines have other fields, if these can be understood."""
        assert self.line_format.header
        fields = raw.rstrip(b"\r").removeprefix(b"#Fields:").decode("utf-8", "replace").strip()
        try:
            self._begin(self.line_format.header(fields))
        except LogFormatError:
            return

    def _groups(self, line: bytes, raw: bytes, offset: int, outcome: Outcome) -> None:
        """A pattern's groups are a line of named values."""
        match = re.compile(self.line_format.pattern).match(line)
        found = match.groupdict().items() if match else ()
        text = b"\x1e".join(
            name.encode() + b"\x1f" + re.sub(rb"[\x1e\x1f]", b" ", value)
            for name, value in found
            if value is not None
        )
        if text:
            self._line(text, raw, offset, outcome, "groups, ")
        else:
            why = "column 1: expected what the pattern matches"
            self._refuse(outcome, R.NO_MATCH, why, raw, offset)

    def _line(
        self, line: bytes, raw: bytes, offset: int, outcome: Outcome, where: str = ""
    ) -> None:
        furthest = -1
        tied: list[Refused] = []
        for layout in self.layouts:
            walk = Walk(line, self.zone, self.reference, READERS)
            try:
                walk.take_all(layout)
                clocks.join_parts(walk)
                if "at" not in walk.record and not self.timeless:
                    raise Refused(R.BAD_TIMESTAMP, len(line), TIME)
            except Refused as refused:
                if walk.begin > furthest or (walk.begin == furthest and refused.is_stamp):
                    furthest, tied = walk.begin, [refused]
                elif walk.begin == furthest and refused.place == tied[0].place:
                    tied.append(refused)
                continue
            self._accept(walk, raw, offset, outcome)
            return
        first = tied[0]
        hole = (
            0
            if self.line_format.pattern or line.startswith(b"\0")
            else len(raw) - len(raw.lstrip(b"\0"))
        )
        words = dict.fromkeys(one.expected for one in tied if one.is_value == first.is_value)
        expected = " or ".join(words) if first.is_value else first.expected
        why = f"{where}column {hole + first.place + 1}: expected {expected}"
        self._refuse(outcome, first.reason, why, raw, offset)

    def _refuse(self, outcome: Outcome, reason: R, why: str, raw: bytes, offset: int) -> None:
        lone = raw.rstrip(b"\r").count(b"\r")
        if is_wide(raw):
            reason, why = R.WIDE_ENCODING, WIDE
        elif raw and (raw[:4] == bytes(4) or raw[-4:] == bytes(4) or 2 * raw.count(0) >= len(raw)):
            reason, why = R.NUL_BYTES, NULS
        elif lone > 1 and not set(raw) & (set(range(32)) - set(b"\t\n\r")):
            reason = R.MAC_LINE_ENDS
            why = f"{lone} carriage returns inside the line, as old Macs end lines"
        outcome.rejects.append((reason.value, why, raw, offset))

    def _accept(self, walk: Walk, raw: bytes, offset: int, outcome: Outcome) -> None:
        record = self._record(walk, offset)
        if self.inner is None:
            outcome.records.append(record)
            return
        text = (record["message"] or "").rstrip("\r\n").replace("\n", " ").encode()
        found = self.inner.parse(text + b"\n", 1)
        outcome.blank += found.blank
        for reason, why, *_ in found.rejects:
            begin = len(raw.rstrip(b"\r")) - len(text)
            known = raw.rstrip(b"\r")[begin:] == text
            where = f"message from column {begin + 1}, " if known else "message, "
            self._refuse(outcome, R(reason), where + why, raw, offset)
        table = self.inner.line_format.table
        for each in found.records:
            outcome.records.append(_with_outer(each, record, table) | {"offset": offset})

    def _record(self, walk: Walk, offset: int) -> dict[str, Any]:
        assert set(walk.record) <= set(self.names) - {"offset", "extra"}
        record = dict.fromkeys(self.names) | walk.record | {"offset": offset}
        if walk.extra:
            record[SPARE_COLUMN[self.line_format.table]] = walk.extra
        return record


def with_plain_flags(step: Step) -> Step:
    """The step with its flags, and those of its members, as a plain number; see `Flag`."""
    members = tuple(map(with_plain_flags, step.members))
    return replace(step, flags=step.flags.value, members=members)


def _with_outer(each: dict[str, Any], outer: dict[str, Any], table: str) -> dict[str, Any]:
    """The inner record, with what the outer one says besides."""
    spare, aside = SPARE_COLUMN[table], []
    each["at"] = outer["at"] if each["at"] is None else each["at"]
    for name in KEPT_OF_OUTER:
        value = outer.get(name)
        if table == "events" and name in outer and each.get(name) is None:
            each[name] = value
        elif value is not None and value != each.get(name):
            aside += value if name == "structured_data" else [(name, value)]
    each[spare] = each.get(spare)
    if aside:
        each[spare] = [*(each[spare] or []), ("outer", aside)]
    return each


ADDED_LATER = {"day", "source", "input_id", "route", "params"}
KEPT_OF_OUTER = (
    "host", "app", "procid", "msgid", "facility", "severity", "structured_data"
)  # fmt: skip


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """JSON columns as lists of pairs, so that order and repeated names count."""
    return {
        name: plain(named.load_json(value)) if name in JSON and value else value
        for name, value in record.items()
    }


def is_wide(raw: bytes) -> bool:
    """UTF-16 or UTF-32: most bytes at every second place are NUL, or at three places of four."""
    if re.match(rb"\xff\xfe|\xfe\xff|\x00\x00\xfe\xff", raw):
        return True
    if re.fullmatch(rb"[\x00\r]*", raw):
        return raw.count(0) in (1, 2, 3, 6)

    def share(place: int, step: int) -> float:
        found = raw[place::step]
        return found.count(0) / len(found) if found else 0.0

    quarters = [share(place, 4) for place in range(4)]
    halves = [(quarters[0] + quarters[2]) / 2, (quarters[1] + quarters[3]) / 2]
    most = sorted(quarters)
    return (max(halves) >= 0.75 and min(halves) <= 0.1) or (most[1] >= 0.75 and most[0] <= 0.1)


JSON = ("extra", "structured_data")


def plain(value: Any) -> Any:
    """Tuples to lists, as JSON has them."""
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value
