"""Where log events go; called by the command line alone."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message


def set_up_logging(verbosity: int, *, debug: bool) -> None:
    """Send events to standard error: words on a terminal, one JSON object a line otherwise.

    Args:
        verbosity: -1 errors only, 0 warnings on a terminal and news otherwise, 1 news, 2 all.
        debug: Show tracebacks with the values of variables.
    """
    logger.remove()
    on_terminal = sys.stderr.isatty()
    level = {-1: "ERROR", 1: "INFO", 2: "DEBUG"}.get(
        verbosity, "WARNING" if on_terminal else "INFO"
    )
    if on_terminal:
        words = "{time:HH:mm:ss} {level: <7} {message} {extra}"
        logger.add(sys.stderr, level=level, format=words, diagnose=debug, backtrace=debug)
    else:
        logger.add(_write_json, level=level, diagnose=False, backtrace=False)


def _write_json(message: Message) -> None:
    record = message.record
    fields = {
        "at": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        "event": record["message"],
        **record["extra"],
    }
    sys.stderr.write(json.dumps(fields, ensure_ascii=False, default=str) + "\n")
