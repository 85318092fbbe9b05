"""Turns figures, instants and hostile text into what people read. The only place that formats.

Numbers have comma separators and, where they are not whole, four significant digits. Durations
carry the unit that suits their size. Nothing here may raise on what a log can contain.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

DAY_S, HOUR_S, MINUTE_S = 86_400, 3_600, 60
_DURATIONS: Mapping[str, float] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0}
_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
# Format characters (bidi overrides, zero-width), controls, surrogates, private use, unassigned,
# and the two separators that some programs take for line ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TARGET = re.compile(
    r"\s*(?:(?P<op><=|>=|<|>|=)\s*(?P<value>[-+\d.eE_]+)"
    r"|between\s+(?P<low>[-+\d.eE_]+)\s+and\s+(?P<high>[-+\d.eE_]+))\s*",
    re.IGNORECASE,
)
_SIGNS = {"<=": "≤ ", ">=": "≥ ", "<": "< ", ">": "> ", "=": "= "}
NOTHING = "–"
"""Stands where there is no value."""


def visible(text: str) -> str:
    r"""Return `text` on one line, with every character that cannot be seen written out.

    A newline becomes `\n`, an escape `\x1b`, a right-to-left override `<U+202E>`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(char) for char in text)


def _seen(char: str) -> str:
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if unicodedata.category(char) not in _UNSEEN:
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"<U+{ord(char):04X}>"


def clip(text: str, length: int) -> str:
    """Return `visible(text)`, cut to at most `length` characters with an ellipsis."""
    seen = visible(text[: length + 1])
    return seen if len(seen) <= length else seen[: length - 1] + "…"


def from_log(raw: bytes) -> str:
    r"""Decode bytes of a log; what is no UTF-8 becomes `\xff`."""
    return raw.decode("utf-8", "backslashreplace")


def finite(value: float | None) -> float | None:
    """Return the value, or None where it is not a number that can be compared."""
    return None if value is None or not math.isfinite(value) else value


def number(value: float) -> str:
    """Return a plain figure: whole ones in full, others with four significant digits."""
    if not math.isfinite(value):
        return NOTHING
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.1f}"
    return f"{value:.4g}"


def compact(value: float) -> str:
    """Return a figure in at most four characters, as cells of a heat strip have room for."""
    for size, mark in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            scaled = value / size
            return f"{scaled:.0f}{mark}" if abs(scaled) >= 9.95 else f"{scaled:.1f}{mark}"
    return f"{value:.0f}" if value == int(value) else f"{value:.2g}"


def figure(value: float | None, unit: str, target: str = "") -> str:
    """Return a value with its unit as people read it.

    Args:
        value: The figure, or None.
        unit: Of the metric, such as `s`, `ratio`, `bytes` or `requests`.
        target: What it is held against. A ratio gets more digits where four would hide on
            which side of a bound it lies.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit in _DURATIONS:
        return _beside(value, unit, target_bounds(target))
    if unit == "ratio":
        return ratio(value, target_bounds(target))
    if unit == "share":
        return percentage(value, target_bounds(target))
    if unit in {"bytes", "B"}:
        return size(value)
    if unit in {"%", "percent"}:
        return f"{value:,.4g} %"
    return f"{number(value)} {_noun(visible(unit), value)}".strip()


def _noun(unit: str, value: float) -> str:
    """Return a unit that is a plural noun in its singular where the value is one."""
    if value != 1 or len(unit) < 4 or not unit.endswith("s") or unit.endswith("ss"):
        return unit
    return unit[:-3] + "y" if unit.endswith("ies") else unit[:-1]


def _beside(value: float, unit: str, bounds: tuple[float, ...]) -> str:
    """Return a duration, with more digits where it would read like a bound that it is not."""
    text, scale = duration(value * _DURATIONS[unit]), _DURATIONS[unit]
    if value in bounds or text not in {duration(bound * scale) for bound in bounds}:
        return text
    seconds = value * scale
    return f"{seconds * 1000:.7g} ms" if seconds < 1 else f"{seconds:,.9g} s"


def bare(value: float | None, unit: str, target: str = "") -> str:
    """Return a value for a column whose heading names the unit."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return number(value) if heading_unit(unit) else figure(value, unit, target)


def heading_unit(unit: str) -> str:
    """Return the unit for a column's heading; empty where each figure carries its own."""
    carried = unit in _DURATIONS or unit in {"bytes", "B", "%", "percent", "share", "ratio"}
    return "" if carried else visible(unit)


def ratio(value: float, bounds: tuple[float, ...] = ()) -> str:
    """Return a ratio with four significant digits, more where it lies next to 1 or a bound."""
    if abs(value) >= 10_000:
        return number(value)
    for digits in (4, 5, 6, 7, 8):
        text = f"{value:#.{digits}g}"
        if not any(float(text) == edge != value for edge in (1.0, *bounds)):
            break
    return text


def percentage(value: float, bounds: tuple[float, ...] = ()) -> str:
    """Return a share in per cent with three significant digits, more next to 100 % or a bound."""
    for digits in range(3, 9):
        text = f"{100 * value:.{digits}g}"
        if not any(
            float(text) == float(f"{100 * edge:.12g}") and value != edge for edge in (1.0, *bounds)
        ):
            break
    return f"{Decimal(text):,f} %"  # positional: nobody reads 1e-05 %


def size(value: float) -> str:
    """Return an amount of bytes in powers of 1000."""
    scaled, step = value, 0
    while abs(scaled) >= 1000 and step < len(_BYTES) - 1:
        scaled, step = scaled / 1000, step + 1
    return f"{scaled:.4g} {_BYTES[step]}"


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits its size: 412 ms, 9.81 s, 3 h 12 min."""
    if not math.isfinite(seconds):
        return NOTHING
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    if seconds == 0:
        return "0 s"
    if seconds < 1:
        return f"{sign}{seconds * 1000:.3g} ms" if seconds < 0.9995 else f"{sign}1.00 s"
    if seconds < 99.95:
        return f"{sign}{seconds:#.3g} s"
    whole = round(seconds)
    if whole < HOUR_S:
        return f"{sign}{_two(whole, MINUTE_S, 'min', 1, 's')}"
    if whole < DAY_S:
        return f"{sign}{_two(round(whole / 60) * 60, HOUR_S, 'h', MINUTE_S, 'min')}"
    return f"{sign}{_two(round(whole / HOUR_S) * HOUR_S, DAY_S, 'd', HOUR_S, 'h')}"


def _two(whole: int, big: int, big_name: str, small: int, small_name: str) -> str:
    rest = whole % big // small
    return f"{whole // big:,} {big_name}" + (f" {rest} {small_name}" if rest else "")


def target_bounds(target: str) -> tuple[float, ...]:
    """Return the figures that a target's text names, at most two; none if it reads otherwise.

    Only for drawing and rounding: what a target means is decided where it is measured.
    """
    match = _TARGET.fullmatch(target)
    if match is None:
        return ()
    try:
        return tuple(float(match[name]) for name in ("value", "low", "high") if match[name])
    except ValueError:
        return ()


def target_words(target: str, unit: str) -> str:
    """Return a target as people read it: `≤ 500 ms`, `0.99 to 1.01`; its own text otherwise."""
    bounds = target_bounds(target)
    if not bounds:
        return visible(target.replace("<=", "≤").replace(">=", "≥"))
    match = _TARGET.fullmatch(target)
    sign = _SIGNS.get(match["op"] or "", "") if match else ""
    as_unit = f"{bounds[-1]:.8g}" if unit == "ratio" else _exact(bounds[-1], unit)
    if len(bounds) == 1:
        return sign + as_unit
    low = f"{bounds[0]:.8g}" if heading_unit(unit) or unit == "ratio" else _exact(bounds[0], unit)
    return f"{low} to {as_unit}"


def _exact(value: float, unit: str) -> str:
    # A target of 0.5 s reads better as 500 ms than as 0.500 s, and 600 s as 10 min.
    if unit == "share":
        return f"{Decimal(f'{100 * value:.8g}'):f} %"
    if unit in _DURATIONS:
        return re.sub(r"\.?0+(?= s$)", "", duration(value * _DURATIONS[unit]))
    return (
        f"{value:,.8g} {_noun(visible(unit), value)}".strip()
        if heading_unit(unit)
        else figure(value, unit)
    )


def clock(at: datetime | None, zone: str) -> str:
    """Return the time of day of an instant in the zone, to the second."""
    return NOTHING if at is None else f"{at.astimezone(ZoneInfo(zone)):%H:%M:%S}"


def instant(at: datetime | None, zone: str) -> str:
    """Return an instant in the zone, to the second, with its offset."""
    if at is None:
        return NOTHING
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S} {offset(local)}"


def offset(local: datetime) -> str:
    """Return a local instant's offset from UTC as +01:00."""
    stamp = f"{local:%z}"
    return f"{stamp[:3]}:{stamp[3:5]}"


def stamp(at: datetime) -> str:
    """Return an instant for machines: ISO 8601, UTC, microseconds where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def long_day(day: date) -> str:
    """Return a day as it stands in a title, the same on every machine."""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_name(day: date) -> str:
    """Return the month of a day, as in March 2026."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def count_of(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun, as in 1 row, 2,400 rows."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
