"""Lengths of time read slowly: one regular expression a notation, and exact fractions."""

from __future__ import annotations

import re
from fractions import Fraction

NUMBER = re.compile(r"([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
PART = re.compile(r"([0-9]+)(?:\.([0-9]+))? ?(ns|us|µs|μs|ms|s|m|h|d|w)")
PARTS = re.compile(rf"(?:{PART.pattern})(?: ?{PART.pattern})*")
CLOCK = re.compile(r"([0-9]+):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]+))?")
ISO_NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"
ISO = re.compile(
    rf"P(?=[0-9T])(?:{ISO_NUMBER}W)?(?:{ISO_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{ISO_NUMBER}H)?(?:{ISO_NUMBER}M)?(?:{ISO_NUMBER}S)?)?"
)
ISO_SECONDS = (604_800, 86_400, 3600, 60, 1)
MICROSECOND, NANOSECOND = Fraction(1, 10**6), Fraction(1, 10**9)
UNITS = {"ns": NANOSECOND, "us": MICROSECOND, "µs": MICROSECOND, "μs": MICROSECOND}
UNITS |= {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}
UNITS |= {"d": Fraction(86_400), "w": Fraction(604_800)}
PLACES = {"ns": 9, "us": 6, "µs": 6, "μs": 6, "ms": 3}
MOST_DIGITS = 18
MOST_PLACES = 27
LARGEST_EXPONENT = 270


def seconds(text: str) -> Fraction | None:
    """Return the exact length, or None where the text is none."""
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        found = _unsigned(body)
    except OverflowError:
        return None
    return None if found is None else sign * found


def _unsigned(text: str) -> Fraction | None:
    if match := NUMBER.fullmatch(text):
        exponent = int(match[3] or 0)
        if abs(exponent) > LARGEST_EXPONENT:
            return None
        return _number(match[1], match[2]) * Fraction(10) ** exponent
    if match := CLOCK.fullmatch(text):
        hours, minutes, whole, fraction = match.groups()
        return _number(hours) * 3600 + int(minutes) * 60 + _number(whole, fraction)
    if match := ISO.fullmatch(text):
        parts = zip(match.groups(), ISO_SECONDS, strict=True)
        numbers = ((part.replace(",", ".").partition("."), unit) for part, unit in parts if part)
        return sum((_number(n[0], n[2]) * unit for n, unit in numbers), Fraction(0))
    if PARTS.fullmatch(text):
        parts = (_number(m[1], m[2]) * UNITS[m[3]] for m in PART.finditer(text))
        return sum(parts, Fraction(0))
    return None


def _number(whole: str, fraction: str | None = None) -> Fraction:
    if len(whole.lstrip("0")) > MOST_DIGITS:
        raise OverflowError
    kept = fraction or ""
    while len((whole + kept).lstrip("0")) > MOST_DIGITS or len(kept) > MOST_PLACES:
        kept = kept[:-1]
    return Fraction(int(whole + kept), 10 ** len(kept))


def is_exact(text: str) -> bool:
    """Tell whether the digits of a text surely fit one double (see `read_duration`)."""
    length = seconds(text)
    digits = len(re.sub(r"[^0-9]", "", text))
    if length is None or digits > 12 or abs(length) >= 10**5 or "e" in text.lower():
        return False
    places = (len(m[2] or "") + PLACES.get(m[3], 0) for m in PART.finditer(text))
    return abs(length) * 10 ** max(places, default=0) <= 1 << 53
