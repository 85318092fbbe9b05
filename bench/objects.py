"""Many small objects in S3: requests, data files, time and memory of a first and a second ingest.

    .venv/bin/python bench/objects.py [--objects 20000] [--lines 28] [--workers 2]

Needs what `make test-all` installs. Runs SeaweedFS on loopback, fills a bucket with objects of
about 5 KB, and ingests them twice, each time in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from watched import watch

from tests.s3.servers import BUCKET, KEY, SECRET, client, seaweedfs

COUNTED = """
import sys
from collections import Counter
from etl import s3
calls = Counter()
made = s3.S3Store.client.func
def counted(self):
    client = made(self)
    client.meta.events.register("before-call.s3.*", lambda model, **_: calls.update([model.name]))
    return client
s3.S3Store.client.func = counted
from etl.cli.start import start
told = sys.argv.pop(1)
try:
    start()
finally:
    open(told, "w").write(__import__("json").dumps(calls))
"""


def main() -> None:
    """Fill a bucket, ingest it twice, print what that took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=28)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    with tempfile.TemporaryDirectory(prefix="daytally-bench-") as name:
        folder = Path(name)
        (folder / "weed").mkdir()
        with seaweedfs(folder / "weed") as url:
            size = _fill(url, options.objects, options.lines)
            print(f"{options.objects:,} objects, {size / 1e6:,.0f} MB, {options.workers} threads")
            _write_project(folder, url)
            for which in ("first", "second"):
                _report(which, folder, options.workers)


def _fill(url: str, objects: int, lines: int) -> int:
    def put(number: int) -> int:
        body = "".join(
            f"192.0.2.{line} - - [10/Mar/2026:{number % 24:02}:{line:02}:00 +0000]"
            f' "GET /items/{number}/{line} HTTP/1.1" 200 {number} "-"'
            ' "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"\n'
            for line in range(lines)
        ).encode()
        client(url).put_object(Bucket=BUCKET, Key=f"api/{number % 100:02}/{number}.log", Body=body)
        return len(body)

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(put, range(objects)))


def _write_project(folder: Path, url: str) -> None:
    (folder / "daytally.toml").write_text(
        f'[project]\nname = "Bench"\ntimezone = "UTC"\n[s3]\nendpoint_url = "{url}"\n'
        f'[[source]]\nname = "api"\ninputs = ["s3://{BUCKET}/api/"]\n'
        'format = "nginx:combined"\n'
    )


def _report(which: str, folder: Path, workers: int) -> None:
    calls = folder / "calls.json"
    command = [sys.executable, "-c", COUNTED, str(calls), "-q", "--project", str(folder)]
    run = watch([*command, "ingest", "--workers", str(workers), "--json"])
    made = Counter(json.loads(calls.read_text()))
    files = sum(1 for _ in (folder / "warehouse" / "requests").rglob("*.parquet"))
    said = ", ".join(f"{count:,} {name}" for name, count in sorted(made.items()))
    print(
        f"{which:>7}: {run['records']:,} records; {said}; {files} data files;"
        f" wall {run['wall_s']:.1f} s, CPU {run['cpu_s']:.1f} s, peak {run['peak_mb']:.0f} MB"
    )


if __name__ == "__main__":
    main()
