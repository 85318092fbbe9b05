"""A server that dies, refuses, or loses answers: right exit code, and the next run heals.

Answers that SeaweedFS never gives come from a gate before it: throttling, lost answers, and a
token that expires while a run is at it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline.faults import (
    WINDOW,
    assert_same,
    daytally,
    write_logs,
)
from tests.s3.gate import Gate, Judgement, opened
from tests.s3.servers import Seaweed
from tests.s3.warehouses import move_to_s3

pytestmark = pytest.mark.extra
Judge = Callable[[str, str], Judgement]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same logs, undisturbed and on disk."""
    folder = tmp_path_factory.mktemp("here")
    write_logs(folder / "project", inputs=2)
    assert daytally(folder / "project", "run", *WINDOW).returncode == 0
    return folder / "project"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    write_logs(tmp_path / "there", inputs=2)
    return tmp_path / "there"


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Seaweed]:
    """A server of one test's own, which it may kill."""
    folder = tmp_path / "weed"
    folder.mkdir()
    server = Seaweed(folder)
    server.start()
    yield server
    server.kill()


def hold(here: Path, there: Path, url: str, server: str) -> None:
    """Hold tables against each other; the gate cannot answer while Delta holds this process."""
    path = there / "daytally.toml"
    path.write_text(path.read_text().replace(url, server))
    assert_same(there, here)


def is_commit(method: str, path: str, table: str, version: int) -> bool:
    return method == "PUT" and f"/{table}/_delta_log/{version:020}.json" in path


@pytest.mark.parametrize(
    ("table", "version", "done"),
    [("inputs", 2, True), ("requests", 1, False)],
    ids=["seal-done-but-not-answered", "publish-not-done"],
)
def test_a_server_killed_in_mid_commit_loses_nothing(
    mortal: Seaweed, here: Path, there: Path, prefix: str, table: str, version: int, done: bool
) -> None:
    seen: list[str] = []
    over: list[bool] = []

    def judge(method: str, path: str) -> Judgement:
        if over:
            return "pass"
        if seen:
            mortal.kill()
        elif is_commit(method, path, table, version):
            seen.append(path)
            if not done:
                mortal.kill()
            return "cut"
        return "pass"

    with opened(Gate(judge), mortal.url) as url:
        move_to_s3(there, url, prefix)
        died = daytally(there, "run", *WINDOW)
        assert seen
        assert died.returncode == 1, died.stderr
        assert "Traceback" not in died.stderr
        assert died.stderr.splitlines()[-1].startswith("Error: ")
        over.append(True)
        mortal.kill()
        mortal.start()
        healed = daytally(there, "run", *WINDOW)
        assert healed.returncode == 0, healed.stderr
        hold(here, there, url, mortal.url)


def test_throttled_requests_are_sent_again(
    seaweed: str, here: Path, there: Path, prefix: str
) -> None:
    """Every third thing that is asked for is refused three times in a row."""
    asked: Counter[tuple[str, str]] = Counter()

    def judge(method: str, path: str) -> Judgement:
        what = (method, path.partition("?")[0])
        asked[what] += 1
        number = list(asked).index(what)
        return "SlowDown" if number % 3 == 0 and asked[what] <= 3 else "pass"

    gate = Gate(judge)
    with opened(gate, seaweed) as url:
        move_to_s3(there, url, prefix)
        done = daytally(there, "run", *WINDOW)
        assert done.returncode == 0, done.stderr
        hold(here, there, url, seaweed)
    kinds = {(method, path.rpartition(".")[2]) for method, path in gate.refused}
    assert {("PUT", "parquet"), ("PUT", "json"), ("GET", "parquet"), ("GET", "json")} <= kinds


def test_a_commit_whose_answer_is_lost_is_not_done_twice(
    seaweed: str, here: Path, there: Path, prefix: str
) -> None:
    """The server did it, says 503, and refuses when it is asked again: it is there already.

    So with every other commit: with each, Delta would append without end.
    """
    commits: list[str] = []

    def judge(method: str, path: str) -> Judgement:
        if method != "PUT" or "_delta_log" not in path or path in commits:
            return "pass"
        commits.append(path)
        return "lose answer" if len(commits) % 2 else "pass"

    with opened(Gate(judge), seaweed) as url:
        move_to_s3(there, url, prefix)
        done = daytally(there, "run", *WINDOW)
        assert done.returncode == 0, done.stderr
        assert len(commits) > 20
        assert "another run was first" not in done.stderr
        hold(here, there, url, seaweed)


@pytest.mark.parametrize(
    ("code", "kind", "after", "said"),
    [
        ("SlowDown", ".lock", 0, "the server asks for fewer requests"),
        ("AccessDenied", ".lock", 0, "/.lock: these keys may not read it; their policy or"),
        (
            "AccessDenied",
            "_delta_log/0",
            2,
            "/00000000000000000000.json; their policy or the",
        ),
        ("AuthorizationHeaderMalformed", ".lock", 0, "the bucket is in another region; set region"),
        ("ExpiredToken", "_delta_log/", 12, "the session token has expired; log in again"),
        ("ExpiredToken", ".parquet", 4, "the session token has expired; log in again"),
    ],
)
def test_what_the_server_says_is_said_in_words(
    seaweed: str,
    here: Path,
    there: Path,
    prefix: str,
    code: Judgement,
    kind: str,
    after: int,
    said: str,
) -> None:
    """Whoever asked: boto3, Delta or Polars; from some request on, the server takes no more."""
    asked: list[str] = []

    def judge(_: str, path: str) -> Judgement:
        asked.extend([path] if kind in path else [])
        return code if len(asked) > after else "pass"

    with opened(Gate(judge), seaweed) as url:
        move_to_s3(there, url, prefix)
        died = daytally(there, "run", *WINDOW)
        assert died.returncode == 1, died.stderr
        assert "Traceback" not in died.stderr
        assert said in died.stderr.splitlines()[-1]
    path = there / "daytally.toml"
    path.write_text(path.read_text().replace(url, seaweed))
    healed = daytally(there, "run", *WINDOW)
    assert healed.returncode == 0, healed.stderr
    hold(here, there, url, seaweed)
