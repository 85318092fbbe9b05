"""The nightly job under Airflow: `daytally run` for the day that has just ended.

Works on Airflow 3 and on 2.10. It imports nothing of Daytally, which lives in an environment of
its own, so that the two are upgraded independently.

Environment variables of the DAG processor and the workers:

DAYTALLY_PROJECT
    Folder that holds daytally.toml. Required.
DAYTALLY_BIN
    The command. Default: `daytally`, found on the PATH.
DAYTALLY_TIMEZONE
    The project's time zone, as in daytally.toml; its midnights bound the day. Default: `UTC`.
DAYTALLY_RUN_SEND
    `true` mails the statement, as do all options that daytally takes from its environment.

The run starts at 01:00 local time, for the local day before. To run for another day, trigger the
DAG with the parameter `day`.

Exit codes: every code but 0 fails the task, and it is tried again three times, 20 minutes apart.
That suits 5 (another run is at work) and 3 (an input is missing or unreadable: the report of the
other inputs is there, and late logs usually come within the hour). A day still incomplete after
that stays a failed task on purpose: a skipped one would look like nothing to do. 2 needs a person
(daytally.toml); the log of the task says what to change.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, Param
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models.param import Param
    from airflow.operators.bash import BashOperator
from airflow.timetables.interval import CronDataIntervalTimetable

ZONE = os.environ.get("DAYTALLY_TIMEZONE", "UTC")


def local_day(instant: datetime, days_before: int = 0) -> str:
    """Return the date of `instant` in the project's time zone, or that of some days before."""
    return str(instant.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=days_before))


# The interval begins at 01:00 of the day it stands for, local time: its date in UTC may be another.
# A run that was triggered without a logical date has no interval: it takes yesterday.
DAY = """{{ params.day
    or (local_day(data_interval_start) if data_interval_start is defined
        else local_day(dag_run.run_after, 1)) }}"""

# The day travels as a variable, so that no parameter is ever read by the shell as code.
COMMAND = '"${DAYTALLY_BIN:-daytally}" --project "${DAYTALLY_PROJECT:?is not set}" run --day "$DAY"'

with DAG(
    dag_id="daytally_nightly",
    description="Reads the day's logs, measures, and writes the statement.",
    # Named, since Airflow 3 takes a bare cron string for a trigger without an interval.
    schedule=CronDataIntervalTimetable("0 1 * * *", timezone=ZONE),
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
    catchup=False,
    max_active_runs=1,
    params={"day": Param(None, type=["null", "string"], format="date", title="Day")},
    user_defined_macros={"local_day": local_day},
    default_args={"retries": 3, "retry_delay": timedelta(minutes=20)},
    tags=["daytally"],
    doc_md=__doc__,
) as dag:
    BashOperator(
        task_id="run",
        bash_command=COMMAND,
        env={"DAY": DAY},
        append_env=True,
        skip_on_exit_code=None,
    )
