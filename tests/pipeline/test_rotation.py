"""Whatever logrotate, cp and gzip do to a folder of logs, each line is one row."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.project import Project
from tests.conftest import examples
from tests.pipeline.conftest import open_folder

BANNER = 60
"""Lines without anything of their own at the head of each log: more than the first 4 KiB."""

LOGS = st.sampled_from(["a.log", "b.log"])


def line(path: str) -> str:
    return f'192.0.2.1 - - [10/Mar/2026:01:00:00 +0000] "GET {path} HTTP/1.1" 200 5 "-" "t"\n'


def rows(project: Project) -> Counter[str]:
    table = project.warehouse.scan("requests", project.schema_of("requests"))
    return Counter(table.select("path").collect()["path"].to_list())


class Logs(RuleBasedStateMachine):
    """Two live logs with rotated ones beside them, and what was ever written to them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="daytally-"))
        (self.folder / "logs").mkdir()
        (self.folder / "daytally.toml").write_text(
            '[project]\nname = "Test"\ntimezone = "UTC"\n[[source]]\nname = "api"\n'
            'inputs = ["logs/*"]\nformat = "nginx:combined"\n'
        )
        self.project = open_folder(self.folder)
        self.written: Counter[str] = Counter()
        self.serial = 0
        self.unfinished: dict[str, str] = {}

    def path(self, name: str) -> Path:
        return self.folder / "logs" / name

    def fresh(self, kind: str) -> str:
        self.serial += 1
        return f"/{kind}/{self.serial}"

    def rotated(self) -> list[Path]:
        return sorted(p for p in (self.folder / "logs").iterdir() if p.suffix != ".log")

    @rule(name=LOGS, count=st.integers(1, 60), cut=st.booleans())
    def write(self, name: str, count: int, cut: bool) -> None:
        """Lines come in; the last one may still be on its way."""
        with self.path(name).open("a") as log:
            if log.tell() == 0:
                log.write(line("/banner") * BANNER)
                self.written["/banner"] += BANNER
            log.write(self.unfinished.pop(name, ""))
            for _ in range(count):
                path = self.fresh("line")
                log.write(line(path))
                self.written[path] += 1
            if cut:
                path = self.fresh("cut")
                log.write(line(path)[:40])
                self.unfinished[name] = line(path)[40:]
                self.written[path] += 1

    def finish(self, name: str) -> None:
        if name in self.unfinished:
            with self.path(name).open("a") as log:
                log.write(self.unfinished.pop(name))

    def next_name(self, name: str) -> str:
        self.serial += 1
        dated = self.serial % 2
        return (
            f"{name}-202603{10 + self.serial % 20}.{self.serial}"
            if dated
            else (f"{name}.{self.serial}")
        )

    @rule(name=LOGS)
    def rotate_with_create(self, name: str) -> None:
        if self.path(name).exists():
            self.finish(name)
            self.path(name).rename(self.path(self.next_name(name)))
            self.path(name).touch()

    @rule(name=LOGS)
    def rotate_with_copytruncate(self, name: str) -> None:
        if self.path(name).exists():
            self.finish(name)
            shutil.copyfile(self.path(name), self.path(self.next_name(name)))
            os.truncate(self.path(name), 0)

    @rule(name=LOGS, share=st.floats(0, 1))
    def be_met_in_the_middle_of_copytruncate(self, name: str, share: float) -> None:
        """The copy is not complete when the job comes by."""
        if self.path(name).exists():
            self.finish(name)
            content = self.path(name).read_bytes()
            copy = self.path(self.next_name(name))
            copy.write_bytes(content[: int(len(content) * share)])
            self.ingest()
            copy.write_bytes(content)
            os.truncate(self.path(name), 0)

    @precondition(lambda self: any(p.suffix != ".gz" for p in self.rotated()))
    @rule(data=st.data(), meet=st.booleans())
    def compress(self, data: st.DataObject, meet: bool) -> None:
        """The job may come by while the compressed file is incomplete, and its original there."""
        plain = data.draw(st.sampled_from([p for p in self.rotated() if p.suffix != ".gz"]))
        content = gzip.compress(plain.read_bytes(), mtime=0)
        target = plain.with_name(plain.name + ".gz")
        if meet:
            target.write_bytes(content[: len(content) * 2 // 3])
            self.ingest()
        target.write_bytes(content)
        if meet:
            self.ingest()
        plain.unlink()

    @precondition(lambda self: self.rotated())
    @rule(data=st.data())
    def keep_a_copy(self, data: st.DataObject) -> None:
        """Somebody makes a backup in the same folder."""
        one = data.draw(st.sampled_from(self.rotated()))
        shutil.copyfile(one, self.path(self.next_name("copy") + one.suffix.replace(".log", "")))

    @precondition(lambda self: self.rotated())
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.rotated()))
        ending = ".gz" if one.suffix == ".gz" else ""
        one.rename(self.path(self.next_name("moved") + ending))

    @rule()
    def ingest(self) -> None:
        run_ingest(self.project, now=datetime.now(UTC), workers=2)

    @invariant()
    def nothing_is_doubled(self) -> None:
        too_many = rows(self.project) - self.written
        assert not too_many

    def teardown(self) -> None:
        for name in ("a.log", "b.log"):
            self.finish(name)
        self.ingest()
        found = rows(self.project)
        shutil.rmtree(self.folder)
        assert found == self.written


TestLogs = Logs.TestCase
TestLogs.settings = settings(examples(20), stateful_step_count=12, deadline=None)
