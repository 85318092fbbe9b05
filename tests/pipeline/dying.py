"""A process that dies before its nth write to the warehouse: `_main`, with folder, n and job."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from etl.pipeline import tidying
from etl.pipeline.runs import run_all, run_backfill, run_upkeep
from etl.store import replacing, retention, upkeep
from etl.store.tables import Warehouse
from tests.pipeline.conftest import NOW, open_folder

LATER = NOW + timedelta(days=4)
"""When upkeep is due: rows of the day on which `NOW` is are closed, too."""

UPKEEP: tuple[tuple[object, str], ...] = (
    (retention, "_note"),
    (DeltaTable, "delete"),
    (upkeep, "rewrite_parts"),
    (upkeep, "replace_parts"),
    (upkeep, "write_deltalake"),
    (upkeep, "_remove_dead"),
    (DeltaTable, "create_checkpoint"),
    (DeltaTable, "cleanup_metadata"),
)
"""What upkeep writes with, besides what any run does."""


def be_eager(put: Callable[[object, str, object], object] = setattr) -> None:
    """Let upkeep take a few files for many, and files for dead at once.

    Args:
        put: Sets an attribute of a module; `MonkeyPatch.setattr`, where it is to be undone.
    """
    true = upkeep.vacuum

    def at_once(*args: Any, **options: Any) -> list[str]:
        return true(*args, **(options | {"days": 0}))

    put(upkeep, "FEW", 3)
    put(upkeep, "MOST_FILES", 5)
    put(tidying, "vacuum", at_once)


def _main() -> None:
    """Count plans, commits, outcomes, measurements, and log entries; do a job and say so.

    Besides those of any run, a rebuild counts the files that it writes again, and upkeep what it
    does to files.
    """
    folder, left, job = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

    def watched(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*args, **kwargs)

        return call

    for name in ("append", "append_once", "commit", "replace_day", "revise_day"):
        setattr(Warehouse, name, watched(getattr(Warehouse, name)))
    replacing._write_rest = watched(replacing._write_rest)
    if job == "upkeep":
        be_eager()
        for owner, name in UPKEEP:
            setattr(owner, name, watched(getattr(owner, name)))
    project, days = open_folder(folder), [date(2026, 3, 10)]
    if job == "run":
        run_all(project, days, now=NOW, workers=2)
    elif job == "upkeep":
        run_upkeep(project, now=LATER)
    else:
        run_backfill(project, days, now=NOW, workers=2, rebuild=True)
    sys.stdout.write("survived\n")
