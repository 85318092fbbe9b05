"""Every error Daytally raises on purpose, classed by what the caller should do.

EtlError
  ConfigError            the operator must change something; exit 2
    LogFormatError         a log format string does not compile; knows the place
    SheetError             a metric's data sheet or SQL is wrong
    UnknownNameError       a name that does not exist; knows the nearest one
  FatalError             stop this run, keep what is committed; exit 1
    StoreError             the warehouse cannot be read or written
    CountMismatchError     lines are not records + rejects + blank: a bug, never ignored
    MailError              the mail was not accepted
  SkippableError         leave this input to the next run, go on; exit 3 at the end
    TruncatedInputError    a compressed stream stops early
    UnreadableInputError   an input cannot be opened or read
    ChangedInputError      an input is no longer what was planned; look again at once
      OtherInputError        it only begins like the input that it was taken for
  BusyError              another run holds what this one needs; exit 5
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class EtlError(Exception):
    """Base of all; carries the process exit code the command line ends with."""

    exit_code = 1


class ConfigError(EtlError):
    """The operator must change something before anything can run."""

    exit_code = 2


class LogFormatError(ConfigError):
    """A log format string does not compile.

    Args:
        what: What is wrong, without the place.
        text: The whole format string.
        position: Index in `text` (characters) where it went wrong.
        hint: What is known instead, or what to do.
    """

    def __init__(
        self, what: str, *, text: str, position: int, length: int = 1, hint: str = ""
    ) -> None:
        self.what, self.text, self.position, self.hint = what, text, position, hint
        caret = "  " + " " * position + "^" * max(1, length)
        super().__init__(f"{what}\n  {text}\n{caret}{' ' + hint if hint else ''}")


class SheetError(ConfigError):
    """A metric's data sheet or SQL is wrong; the message starts with file and line."""


class UnknownNameError(ConfigError):
    """A name that does not exist.

    Args:
        kind: What the name should have been, as in "metric".
        name: The offending value.
        known: The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        super().__init__(f"unknown {kind} '{name}'. {nearest(name, self.known)}")


class FatalError(EtlError):
    """Stop this run; what is committed stays, and nothing half-done is left."""

    exit_code = 1


class StoreError(FatalError):
    """The warehouse cannot be read or written."""


class CountMismatchError(FatalError):
    """For an input, lines are not records + rejects + blank."""


class MailError(FatalError):
    """The mail server did not take the mail."""


class SkippableError(EtlError):
    """Leave this input to the next run and go on."""

    exit_code = 3


class TruncatedInputError(SkippableError):
    """A compressed stream stops before its end mark, or is damaged."""


class UnreadableInputError(SkippableError):
    """An input cannot be opened or read."""


class ChangedInputError(SkippableError):
    """An input is no longer what it was when its reading was planned: it is worth another look."""


class OtherInputError(ChangedInputError):
    """An input begins like a known one, but is another."""


class BusyError(EtlError):
    """Another run holds what this one needs."""

    exit_code = 5


MANY = 12
"""More names than that are not listed where some of them are near the one given."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which names are known, and which of them `name` probably meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=MANY // 4)
    if len(names) > MANY and close:  # a screen full of names hides the one that was meant
        names = [each for each in names if each in close]
        listed = f"Near it: {', '.join(names)}."
    else:
        listed = f"Known: {', '.join(names) or 'none'}."
    return f"{listed} Did you mean '{close[0]}'?" if close else listed
