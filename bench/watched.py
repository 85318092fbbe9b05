"""Runs a command in a process of its own, and tells what that process alone has used."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

FIGURES = ("wall_s", "cpu_s", "peak_mb")


def watch(
    command: Sequence[str],
    *,
    accepted: Sequence[int] = (0,),
    variables: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Run a command that prints one JSON object, and return it with what the run has used.

    A process in between makes sure that only this one child is counted. Python may keep byte code,
    as whoever installs a package has it: without, all modules of a checkout are compiled each time.

    Args:
        command: The command.
        accepted: Its exit codes that are no failure.
        variables: Of its environment, besides those that are set.

    Returns:
        The command's own figures, and `wall_s`, `cpu_s` (user and system), `peak_mb`.
    """
    watcher = [sys.executable, __file__, ",".join(map(str, accepted)), *command]
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment = kept | dict(variables or {})
    done = subprocess.run(watcher, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def median(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the medians of what several runs have used, each figure for itself."""
    return {name: statistics.median(run[name] for run in runs) for name in FIGURES}


def _main(accepted: str, command: list[str]) -> None:
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if str(done.returncode) not in accepted.split(","):
        sys.exit(f"exit code {done.returncode}: {' '.join(command)}")
    own = json.loads(done.stdout)
    own |= {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1e3}
    print(json.dumps(own))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
