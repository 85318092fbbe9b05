"""Logs in S3: real servers, and a proxy that breaks connections."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from etl.model import Input
from etl.pipeline.checking import check_project
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.results import RunResult
from etl.pipeline.runs import run_backfill
from etl.s3 import S3Options, S3Store
from etl.sources.s3 import S3Source
from etl.store.ledger import Ledger
from tests.pipeline.conftest import open_folder
from tests.s3.servers import BUCKET, Proxy, put

pytestmark = pytest.mark.extra
NOW = datetime(2026, 3, 11, 4, tzinfo=UTC)
Write = Callable[..., Path]


def line(path: str) -> str:
    return f'192.0.2.1 - - [10/Mar/2026:01:00:00 +0000] "GET {path} HTTP/1.1" 200 5 "-" "t"\n'


def lines(name: str, count: int) -> bytes:
    return "".join(line(f"/{name}/{n}") for n in range(count)).encode()


def project(
    folder: Path,
    url: str,
    *inputs: str,
    source: str = "",
    s3: str = "",
    format_: str = "nginx:combined",
) -> Path:
    named = ", ".join(f'"{one}"' for one in inputs)
    (folder / "daytally.toml").write_text(
        f'[project]\nname = "Test"\ntimezone = "UTC"\n\n[s3]\nendpoint_url = "{url}"\n{s3}\n'
        f'[[source]]\nname = "api"\ninputs = [{named}]\nformat = "{format_}"\n{source}'
    )
    return folder


def ingest(folder: Path) -> RunResult:
    return run_ingest(open_folder(folder), now=NOW, workers=2)


def paths(folder: Path) -> Counter[str]:
    opened = open_folder(folder)
    table = opened.warehouse.scan("requests", opened.schema_of("requests"))
    return Counter(table.select("path").collect()["path"].to_list())


def test_logs_in_s3_give_what_the_same_logs_give_on_disk(
    server: str, prefix: str, tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    (here / "logs").mkdir(parents=True)
    there.mkdir()
    for name, body in {
        "a.log": lines("a", 4000),
        "b.log.gz": gzip.compress(lines("b", 3000)),
        "c/d.log.1": lines("d", 10) + b"nonsense",
    }.items():
        put(server, f"{prefix}/{name}", body)
        (here / "logs" / name.replace("/", "-")).write_bytes(body)
    project(there, server, f"s3://{BUCKET}/{prefix}/")
    project(here, server, "logs/*")
    one, other = ingest(there), ingest(here)
    assert not one.skipped
    assert one.read
    assert other.read
    assert one.read.counts == other.read.counts
    assert paths(there) == paths(here)
    again = ingest(there)
    assert again.read is not None
    assert again.read.inputs_read == 0


def test_a_second_upload_under_another_key_is_not_read_twice(
    server: str, prefix: str, tmp_path: Path
) -> None:
    project(tmp_path, server, f"s3://{BUCKET}/{prefix}/")
    for name, body in (("x", lines("x", 50)), ("z.gz", gzip.compress(lines("z", 50), mtime=0))):
        put(server, f"{prefix}/{name}", body)
        ingest(tmp_path)
        put(server, f"{prefix}/again/{name}", body)
    ingest(tmp_path)
    assert set(paths(tmp_path).values()) == {1}
    assert len(paths(tmp_path)) == 100


def test_objects_that_only_begin_alike_are_both_read(
    server: str, prefix: str, tmp_path: Path
) -> None:
    """Two servers answer the same health check in the same second."""
    project(tmp_path, server, f"s3://{BUCKET}/{prefix}/")
    put(server, f"{prefix}/one", line("/health").encode())
    put(server, f"{prefix}/two", (line("/health") + line("/a")).encode())
    ingest(tmp_path)
    put(server, f"{prefix}/three", (line("/health") + line("/b") + line("/c")).encode())
    ingest(tmp_path)
    assert paths(tmp_path) == {"/health": 3, "/a": 1, "/b": 1, "/c": 1}


def test_late_objects_of_past_days_are_found_within_the_lookback(
    seaweed: str, prefix: str, tmp_path: Path
) -> None:
    template = f"s3://{BUCKET}/{prefix}/{{day:%Y/%m/%d}}/"
    project(tmp_path, seaweed, template, source="lookback_days = 2\n")
    put(seaweed, f"{prefix}/2026/03/10/a", line("/near").encode())
    ingest(tmp_path)
    put(seaweed, f"{prefix}/2026/03/09/b", line("/late").encode())
    put(seaweed, f"{prefix}/2026/03/08/c", line("/too-late").encode())
    ingest(tmp_path)
    assert paths(tmp_path) == {"/near": 1, "/late": 1}


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_connection_cut_in_mid_object_is_taken_up_again(
    moto_server: str, prefix: str, tmp_path: Path, cuts: int
) -> None:
    body = lines("cut", 30_000)
    put(moto_server, f"{prefix}/big", body)
    proxy = Proxy(int(urlsplit(moto_server).port or 0), cut_after=150_000, cuts=cuts)
    project(tmp_path, proxy.start(), f"s3://{BUCKET}/{prefix}/")
    result = ingest(tmp_path)
    proxy.stop()
    assert not result.skipped
    assert proxy.done == cuts
    assert (len(paths(tmp_path)), set(paths(tmp_path).values())) == (30_000, {1})


def test_a_connection_that_is_always_cut_is_given_up_and_named(
    moto_server: str, prefix: str, tmp_path: Path
) -> None:
    put(moto_server, f"{prefix}/big", lines("cut", 5_000))
    proxy = Proxy(int(urlsplit(moto_server).port or 0), cut_after=100_000, cuts=1_000)
    project(tmp_path, proxy.start(), f"s3://{BUCKET}/{prefix}/")
    result = ingest(tmp_path)
    proxy.stop()
    assert ["connection broke 5 times" in one.detail for one in result.skipped] == [True]
    assert not paths(tmp_path)


def test_an_object_replaced_before_it_is_read_is_planned_again(
    server: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, server, f"s3://{BUCKET}/{prefix}/")
    put(server, f"{prefix}/one", lines("old", 5_000))
    listing = S3Source.list_inputs
    new = [lines("new", 6_000)]

    def replaced_at_once(self: S3Source, *args: object, **options: object) -> list[Input]:
        found = listing(self, *args, **options)  # type: ignore[arg-type]
        if new:
            put(server, f"{prefix}/one", new.pop())
        return found

    monkeypatch.setattr(S3Source, "list_inputs", replaced_at_once)
    assert not ingest(tmp_path).skipped
    assert set(paths(tmp_path)) == {f"/new/{n}" for n in range(6_000)}


@pytest.mark.parametrize(
    ("bucket", "environment", "said"),
    [
        ("no-such-bucket", {}, "there is no such bucket"),
        (BUCKET, {"AWS_ACCESS_KEY_ID": "nobody"}, "does not know this access key"),
        (BUCKET, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "the secret key is wrong"),
        (BUCKET, {"AWS_SECRET_ACCESS_KEY": ""}, "half of the S3 keys is missing"),
        (BUCKET, {"AWS_PROFILE": "nobody"}, "(nobody) could not be found; check AWS_PROFILE"),
        ("no bucket", {}, "no bucket can have this name"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    seaweed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bucket: str,
    environment: dict[str, str],
    said: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    project(tmp_path, seaweed, f"s3://{bucket}/x/")
    result = ingest(tmp_path)
    assert [said in one.detail for one in result.skipped] == [True]
    assert result.is_incomplete
    findings = [
        f for f in check_project(open_folder(tmp_path), now=NOW, network=False) if "api" in f.what
    ]
    assert [(said in f.detail, f.ok) for f in findings] == [(True, False)]


def test_a_server_without_tls_is_told(seaweed: str, tmp_path: Path) -> None:
    project(tmp_path, seaweed.replace("http:", "https:"), f"s3://{BUCKET}/x/")
    (skipped,) = ingest(tmp_path).skipped
    assert "does not speak TLS as this machine expects it; check https" in skipped.detail


def test_a_server_that_is_not_there_is_named(tmp_path: Path, prefix: str) -> None:
    project(tmp_path, "http://127.0.0.1:9", f"s3://{BUCKET}/{prefix}/")
    (skipped,) = ingest(tmp_path).skipped
    assert skipped.uri == "source 'api'"
    assert skipped.detail.startswith(f"s3://{BUCKET}/{prefix}/: the server")
    days = [date(2026, 3, 10)]
    again = run_backfill(open_folder(tmp_path), days, now=NOW, workers=1, rebuild=True)
    assert ["cannot be reached" in one.detail for one in again.skipped] == [True]
    assert "cannot be reached; check [s3] endpoint_url" in skipped.detail
    assert skipped.detail.endswith("(http://127.0.0.1:9)")


@pytest.mark.parametrize("format_", ["nginx:combined", "syslog"])
def test_a_small_object_costs_one_request(
    server: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    """Also where a syslog's year has to be found out before it is read, portion by portion."""
    monkeypatch.setattr("etl.pipeline.packing.BATCH_INPUTS", 7)
    for number in range(30):
        old = "".join(f"Mar 10 01:00:00 h a: {number}-{n}\n" for n in range(20)).encode()
        body = lines(f"n{number}", 20) if format_ == "nginx:combined" else old
        put(server, f"{prefix}/{number}", body)
    store = S3Store(S3Options(endpoint_url=server))
    calls: Counter[str] = Counter()
    store.client.meta.events.register(
        "before-call.s3.*", lambda model, **_: calls.update([model.name])
    )
    opened = open_folder(project(tmp_path, server, f"s3://{BUCKET}/{prefix}/", format_=format_))
    for inputs, expected in (
        (30, {"ListObjectsV2": 2, "GetObject": 30}),
        (0, {"ListObjectsV2": 1}),
    ):
        calls.clear()
        jobs = opened.jobs(NOW)
        for job in jobs:
            job.reader.origin._objects._store = store  # type: ignore[attr-defined]
        from etl.pipeline.ingest import ingest as read

        done = read(jobs, opened.warehouse, now=NOW, workers=2)
        assert calls == expected
        assert (done.inputs_read, done.counts.records) == (inputs, inputs * 20)
    assert Ledger(opened.warehouse, "api").load().sealed == 5


def test_copies_are_known_whichever_portion_they_are_in(
    server: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.pipeline.packing.BATCH_INPUTS", 2)
    project(tmp_path, server, f"s3://{BUCKET}/{prefix}/", "logs/*")
    (tmp_path / "logs").mkdir()
    for number in range(6):
        put(server, f"{prefix}/{number}", lines(str(number), 50))
        put(server, f"{prefix}/again/{5 - number}", lines(str(number), 50))
    (tmp_path / "logs" / "4.log.1").write_bytes(lines("4", 50))
    for _ in range(2):
        ingest(tmp_path)
        assert (len(paths(tmp_path)), set(paths(tmp_path).values())) == (300, {1})
