"""Fields that many formats share, under short names."""

from __future__ import annotations

from etl.formats.fields import Field, Flag, Op

ABSENT = Flag.DASH_IS_NULL | Flag.NEGATIVE_IS_NULL
MILLI, MICRO, NANO = 3, 6, 9


def text(column: str, rank: int = 0) -> Field:
    """Return a text field; a higher rank gives way to a lower one."""
    return Field(column, rank=rank)


def integer(column: str, rank: int = 0) -> Field:
    """Return a whole number; -1 stands for none."""
    return Field(column, Op.INTEGER, rank, ABSENT)


def seconds(column: str, scale: int = 0, rank: int = 0) -> Field:
    """Return a decimal that counts 10 ** -scale seconds; -1 stands for none."""
    return Field(column, Op.DECIMAL, rank, ABSENT, scale)


def address(port: str, *, always: bool = False, rank: int = 0) -> Field:
    """Return a client's address, whose port goes into `extra` under a name.

    Args:
        port: That name.
        always: Whether a port is always there, so that it stands behind IPv6 without brackets too.
        rank: As in `Field`.
    """
    return Field("remote_addr", Op.ADDRESS, rank, scale=int(always), name=port)


def forwarded(rank: int = 0) -> Field:
    """Return the client's address out of X-Forwarded-For, to which each proxy adds the one before.

    A list of more than one is kept in `extra`, under the name that the format has for it.
    """
    return Field("remote_addr", Op.FORWARDED, rank)


def clock(pattern: str, *, utc: bool = False, rank: int = 0) -> Field:
    """Return a time stamp by its strptime pattern, or a part of one."""
    return Field("at", Op.CLOCK, rank, scale=int(utc), pattern=pattern)


ISO = Field("at", Op.ISO_TIME)
ANY_TIME = Field("at", Op.ANY_TIME)
LATER_TIME = Field("at", Op.ANY_TIME, rank=1)
CLF = Field("at", Op.CLF_TIME)
REQUEST = Field("path", Op.REQUEST)
URI = Field("path", Op.URI)
SEVERITY = Field("severity", Op.SEVERITY)
LEVEL_LETTER = Field("severity", Op.SEVERITY, scale=1)
