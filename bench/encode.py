"""What reading a log costs beside encoding alone the columns that it becomes.

    .venv/bin/python bench/encode.py [--lines 5500000] [--runs 5]

Ingests a day of access log in a process of its own, then reads the committed rows back into
memory, and encodes them again as zstd-1 Parquet, by our encoder, by pyarrow's told to do it as ours
does, and by pyarrow's as it is (dictionaries and statistics of all columns), one thread each.
Compares CPU seconds; those of the encoders are without start-up and without reading the rows.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.parquet as pq
from watched import watch
from workloads import make_workload

from etl.parquet.pages import Encoder
from etl.parquet.writer import FileWriter

ROWS = 1 << 16
DELTAS = ("at", "offset", "body_bytes_sent")


def main() -> None:
    """Measure in turns, print medians."""
    options = _options()
    if options.encoder:
        paths = sorted(Path(options.warehouse, "requests").rglob("*.parquet"))
        parts = [pq.ParquetFile(path) for path in paths]
        batches = [batch for part in parts for batch in part.iter_batches(ROWS)]
        start = time.process_time()
        size = ENCODERS[options.encoder](batches)
        print(json.dumps({"seconds": time.process_time() - start, "size": size}))
        return
    with tempfile.TemporaryDirectory(prefix="daytally-bench-") as folder:
        project = make_workload("access", Path(folder), options.lines).project
        runs = [_round(project) for _ in range(options.runs + 1)][1:]  # the first compiles kernels
    found = {name: median(run[name][0] for run in runs) for name in runs[0]}
    for name, seconds in found.items():
        share = found["ingest"] / seconds
        print(f"{name:>14}: CPU {seconds:.2f} s, {runs[0][name][1] / 1e6:.0f} MB; x {share:.2f}")


def _round(project: Path) -> dict[str, tuple[float, float]]:
    warehouse = project / "warehouse"
    shutil.rmtree(warehouse, ignore_errors=True)
    ingest = [sys.executable, "-m", "etl", "-q", "--project", str(project), "ingest", "--json"]
    found = {"ingest": (watch([*ingest, "--workers", "2"])["cpu_s"], _size(warehouse))}
    for name in ENCODERS:
        told = watch([sys.executable, __file__, "--encoder", name, "--warehouse", str(warehouse)])
        found[name] = (told["seconds"], told["size"])
    return found


def _size(warehouse: Path) -> int:
    return sum(path.stat().st_size for path in warehouse.rglob("*.parquet"))


def _ours(batches: list[pa.RecordBatch]) -> int:
    total = 0
    encoder = Encoder()
    for same in _by_schema(batches):
        file = io.BytesIO()
        writer = FileWriter(file, same[0].schema, encoder, bounded=["at"])
        for batch in same:
            writer.write([batch])
        writer.close()
        total += file.tell()
    return total


def _plain_pyarrow(batches: list[pa.RecordBatch]) -> int:
    total = 0
    for same in _by_schema(batches):
        file, schema = io.BytesIO(), same[0].schema
        with pq.ParquetWriter(file, schema, compression="zstd", compression_level=1) as writer:
            for batch in same:
                writer.write_batch(batch, row_group_size=ROWS)
        total += file.tell()
    return total


def _pyarrow(batches: list[pa.RecordBatch]) -> int:
    total = 0
    for same in _by_schema(batches):
        file, names = io.BytesIO(), same[0].schema.names
        deltas = {name: "DELTA_BINARY_PACKED" for name in DELTAS if name in names}
        plain = {*deltas, "path", "raw"}
        with pq.ParquetWriter(
            file, same[0].schema, compression="zstd", compression_level=1, write_statistics=False,
            use_dictionary=[name for name in names if name not in plain], column_encoding=deltas,
        ) as writer:  # fmt: skip
            for batch in same:
                writer.write_batch(batch, row_group_size=ROWS)
        total += file.tell()
    return total


def _by_schema(batches: list[pa.RecordBatch]) -> list[list[pa.RecordBatch]]:
    groups: list[list[pa.RecordBatch]] = []
    for batch in batches:
        if not groups or groups[-1][0].schema != batch.schema:
            groups.append([])
        groups[-1].append(batch)
    return groups


ENCODERS = {"ours": _ours, "pyarrow, told": _pyarrow, "pyarrow": _plain_pyarrow}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=5_500_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--encoder", choices=ENCODERS, help=argparse.SUPPRESS)
    parser.add_argument("--warehouse", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
