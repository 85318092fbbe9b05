"""A slow, obvious parser to hold the kernel to: one regular expression per value, datetime, json.

It reads the same steps as the kernel and shares none of its code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from etl.formats.fields import LineFormat, Op
from etl.model import RejectReason as R
from tests.parse import reference_syslog as syslog
from tests.parse import reference_times as times
from tests.parse.reference_walk import Reader, Refused, Walk

READERS: dict[Op, Reader] = {
    Op.LITERAL: lambda walk, step, start: start,
    Op.LIST: Walk.read_list,
    Op.INTEGER: Walk.read_integer,
    Op.DECIMAL: Walk.read_decimal,
    Op.SUM: Walk.read_sum,
    Op.CLF_TIME: times.read_clf,
    Op.ISO_TIME: times.read_iso,
    Op.EPOCH_TIME: times.read_epoch,
    Op.BSD_TIME: times.read_bsd,
    Op.CLOCK: times.read_clock,
    Op.PRIORITY: syslog.read_priority,
    Op.VERSION: syslog.read_version,
    Op.STRUCTURED: syslog.read_structured,
    Op.OPTIONAL_MESSAGE: syslog.read_optional,
    Op.TAGGED_MESSAGE: syslog.read_tagged,
    Op.HOST: syslog.read_host,
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
            line = raw.removesuffix(b"\r")
            if not line:
                outcome.blank += 1
            elif len(raw) > self.longest:
                detail = f"line of {len(raw)} bytes, limit {self.longest}; raw holds the first "
                kept = raw[: 1 << 16]
                outcome.rejects.append((R.TOO_LONG, detail + str(len(kept)), kept, offset))
            else:
                self._line(line, raw, offset, outcome)
            offset += len(raw) + 1
        return outcome

    def _line(self, line: bytes, raw: bytes, offset: int, outcome: Outcome) -> None:
        furthest = -1
        tied: list[Refused] = []
        for layout in self.line_format.layouts:
            walk = Walk(line, self.zone, self.reference, READERS)
            try:
                walk.take_all(layout)
                times.join_parts(walk)
            except Refused as refused:
                if walk.begin > furthest:
                    furthest, tied = walk.begin, [refused]
                elif walk.begin == furthest and refused.place == tied[0].place:
                    tied.append(refused)
                continue
            outcome.records.append(self._record(walk, offset))
            return
        first = tied[0]
        words = dict.fromkeys(one.expected for one in tied if one.is_value == first.is_value)
        expected = " or ".join(words) if first.is_value else first.expected
        why = f"column {first.place + 1}: expected {expected}"
        reason = first.reason.value
        lone = line.rstrip(b"\r").count(b"\r")
        if lone > 1 and not set(line) & (set(range(32)) - set(b"\t\n\r")):
            reason = R.MAC_LINE_ENDS.value
            why = f"{lone} carriage returns inside the line, as old Macs end lines"
        outcome.rejects.append((reason, why, raw, offset))

    def _record(self, walk: Walk, offset: int) -> dict[str, Any]:
        names = self.line_format.columns
        assert set(walk.record) <= set(names) - {"offset", "extra"}
        record = dict.fromkeys(names) | walk.record | {"offset": offset}
        if walk.extra:
            record["extra"] = walk.extra
        return record


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """JSON columns as lists of pairs, so that order and repeated names count."""
    return {
        name: plain(json.loads(value, object_pairs_hook=list)) if name in JSON and value else value
        for name, value in record.items()
    }


JSON = ("extra", "structured_data")


def plain(value: Any) -> Any:
    """Tuples to lists, as JSON has them."""
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value
