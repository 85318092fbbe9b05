"""A process that dies before its nth write to the warehouse: `_main`, with folder, n and job."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from etl.pipeline.runs import run_all, run_backfill
from etl.store import publish
from etl.store.tables import Warehouse
from tests.pipeline.conftest import NOW, open_folder


def _main() -> None:
    """Count plans, commits, outcomes, measurements, and log entries; do a job and say so.

    Besides those of any run, a rebuild counts the files that it writes again.
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

    for name in ("append", "append_once", "commit", "replace_day"):
        setattr(Warehouse, name, watched(getattr(Warehouse, name)))
    publish._write_rest = watched(publish._write_rest)  # type: ignore[attr-defined]
    project, days = open_folder(folder), [date(2026, 3, 10)]
    if job == "run":
        run_all(project, days, now=NOW, workers=2)
    else:
        run_backfill(project, days, now=NOW, workers=2, rebuild=True)
    sys.stdout.write("survived\n")
