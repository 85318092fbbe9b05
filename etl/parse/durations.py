"""placeholder until merge."""

from etl.parse.convert import read_number
from etl.parse.jit import helper


@helper
def read_duration(start: int, stop: int) -> tuple[float, int]:
    """X."""
    return read_number(start, stop)
