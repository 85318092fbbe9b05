"""Runs in Airflow's own environment: loads the DAG, says what it is, and runs it as asked.

Takes a file of JSON (`runs`: the arguments of each run) and a file to write the answer to.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.timetables.base import TimeRestriction
from airflow.utils import timezone

DAGS = Path(__file__).resolve().parents[2] / "airflow_dags"


def describe(dag: Any) -> dict[str, object]:
    """Return what the tests compare; intervals are those over the change to summer time."""
    return {
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "retries": [task.retries for task in dag.tasks],
        "intervals": list(islice(intervals(dag.timetable), 3)),
    }


def intervals(timetable: Any) -> Any:
    """Yield start, end and time of the run of scheduled intervals from 2026-03-28."""
    earliest = timezone.datetime(2026, 3, 28)
    restriction = TimeRestriction(earliest=earliest, latest=None, catchup=True)
    last = None
    while info := timetable.next_dagrun_info(
        last_automated_data_interval=last, restriction=restriction
    ):
        last = info.data_interval
        yield [moment.isoformat() for moment in (last.start, last.end, info.run_after)]


def run(dag: Any, wanted: dict[str, Any]) -> str:
    """Run the DAG once, as `airflow dags test` does, without waiting for another try."""
    for task in dag.tasks:
        task.retries, task.retry_delay = 0, timedelta(0)
    when = wanted.get("logical_date")
    logical_date = timezone.coerce_datetime(datetime.fromisoformat(when)) if when else None
    return str(dag.test(logical_date=logical_date, run_conf=wanted.get("conf")).state)


def main(task: Path, answer: Path) -> None:
    """Do what `task` says and write down how it went."""
    bag = DagBag(DAGS)
    dag = bag.dags["daytally_nightly"]
    told = {
        "import_errors": bag.import_errors,
        "dags": sorted(bag.dags),
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
        **describe(dag),
    }
    told["states"] = [run(dag, wanted) for wanted in json.loads(task.read_text())["runs"]]
    answer.write_text(json.dumps(told, default=str))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
