"""A file that two sources name is read once for each: they know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.status import project_status
from tests.pipeline.conftest import NOW, open_folder

SOURCE = '[[source]]\nname = "{}"\ninputs = ["logs/{}"]\nformat = "nginx:combined"\n'
LINE = '192.0.2.1 - - [10/Mar/2026:01:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "t"\n'


def test_it_is_counted_once_for_each_source(write_project: Callable[..., Path]) -> None:
    folder = write_project(SOURCE.format("one", "access*") + SOURCE.format("two", "*.log.1"))
    (folder / "logs" / "access.log.1").write_text(LINE * 7)
    for inputs in (2, 0):
        assert run_ingest(open_folder(folder), now=NOW, workers=1).read.inputs_read == inputs  # type: ignore[union-attr]
        project = open_folder(folder)
        rows = project.warehouse.scan("requests", project.schema_of("requests")).collect()
        assert rows["source"].value_counts().sort("source").rows() == [("one", 7), ("two", 7)]
        assert project_status(project, NOW).is_sound
