"""Whose turn it is: runs on one warehouse come one after the other, if all keep to that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from etl.pipeline.intake import Intake
from etl.store.lock import exclusive
from etl.store.trouble import reading


@contextmanager
def alone(project: Intake, command: str, now: datetime) -> Iterator[None]:
    """Hold a project's warehouse.

    Args:
        project: The project.
        command: What is done, for others to read.
        now: The run's time, UTC.

    Raises:
        BusyError: Another run holds it, also after the time that the project waits.
        StoreError: The warehouse cannot be reached.
    """
    place = project.warehouse.place
    with reading(place.address), exclusive(place, command, started=now, wait_s=project.wait_s):
        yield
