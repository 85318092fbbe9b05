"""Kernel pieces that read a level as syslog's severity, 0 to 7."""

from __future__ import annotations

from etl.native.cells import cell
from etl.native.jit import helper, inlined
from etl.native.memory import load
from etl.parse.context import NINE, SLOT_A, ZERO
from etl.parse.numbers import set_null_number, set_number

_LONGEST = 13
_LETTERS = 26
_A = ord("a")
_DIGIT_BEHIND = 4  # letters of the shortest word that may have a digit behind it


def _number(word: str) -> int:
    """Return a word's letters as digits 1 to 26 of a number to the base 27."""
    number = 0
    for letter in word:
        number = number * (_LETTERS + 1) + ord(letter) - _A + 1
    return number


def _numbers(words: str) -> tuple[int, ...]:
    return tuple(_number(word) for word in words.split())


# Single letters are klog's and logcat's.
_EMERGENCY = _numbers("emergency emerg panic")
_ALERT = _numbers("alert")
_CRITICAL = _numbers("critical crit fatal f")
_ERROR = _numbers("error err severe e")
_WARNING = _numbers("warning warn w")
_NOTICE = _numbers("notice")
_INFORMATION = _numbers("info information informational i")
_DEBUG = _numbers("debug trace verbose fine finer finest config d v")


@helper
def put_severity(k: int, row: int, s: int, start: int, stop: int) -> None:
    """Write a level as syslog's severity; null where it is none that we know."""
    level = read_severity(start, stop)
    if level < 0:
        set_null_number(k, row, cell(s, SLOT_A))
    else:
        set_number(k, row, cell(s, SLOT_A), level)


@helper
def read_severity(start: int, stop: int) -> int:
    """Return the severity that a word, a letter (klog, logcat) or a number means, or -1.

    Words are known ones in any case, behind which a digit may stand: Apache's `trace8`,
    PostgreSQL's `DEBUG5`, OpenTelemetry's `INFO2`. Numbers of two digits are bunyan's and pino's
    (10 trace to 60 fatal); below ten they are syslog's own.
    """
    size = stop - start
    if size == 0:
        return -1
    first = load(start)
    if ZERO <= first <= NINE:
        if size == 1:
            return first - ZERO if first - ZERO <= 7 else -1
        return _of_tens(first - ZERO) if size == 2 and load(start + 1) == ZERO else -1
    if size > _DIGIT_BEHIND and ZERO < load(stop - 1) <= NINE:
        size -= 1
    return _of_word(start, size) if size <= _LONGEST else -1


@inlined
def _of_word(start: int, size: int) -> int:
    word = 0
    for index in range(size):
        letter = (load(start + index) | 0x20) - _A
        if letter < 0 or letter >= _LETTERS:
            return -1
        word = word * (_LETTERS + 1) + letter + 1
    if word in _INFORMATION:
        return 6
    if word in _ERROR:
        return 3
    if word in _WARNING:
        return 4
    if word in _DEBUG:
        return 7
    if word in _NOTICE:
        return 5
    if word in _CRITICAL:
        return 2
    if word in _ALERT:
        return 1
    return 0 if word in _EMERGENCY else -1


@inlined
def _of_tens(tens: int) -> int:
    if tens < 1 or tens > 6:
        return -1
    return 7 if tens <= 2 else (6 if tens == 3 else 4 if tens == 4 else 3 if tens == 5 else 2)
