"""Tells how long the stages of a run take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from loguru import logger


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Log how long what is done in the block took: seconds, and CPU seconds of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    used = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    told = {key: round(seconds, 3) for key, seconds in used.items()}
    logger.bind(stage=name, **told).info("stage done")
