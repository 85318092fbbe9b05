"""Where log events go; called by the command line alone."""

from __future__ import annotations

import sys

from loguru import logger


def set_up_logging(verbosity: int, *, debug: bool) -> None:
    """Send events to standard error: words on a terminal, JSON lines otherwise.

    Args:
        verbosity: -1 errors only, 0 warnings on a terminal and news otherwise, 1 news, 2 all.
        debug: Show tracebacks with the values of variables.
    """
    logger.remove()
    on_terminal = sys.stderr.isatty()
    level = {-1: "ERROR", 1: "INFO", 2: "DEBUG"}.get(verbosity, "WARNING" if on_terminal else "INFO")
    if on_terminal:
        template = "{time:HH:mm:ss} {level: <7} {message} {extra}"
        logger.add(sys.stderr, level=level, format=template, diagnose=debug, backtrace=debug)
    else:
        logger.add(sys.stderr, level=level, serialize=True, diagnose=False, backtrace=False)
