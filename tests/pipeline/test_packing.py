"""Large inputs are cut into like pieces behind newlines; nothing is left out or read twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.model import Input
from etl.pipeline import packing
from etl.pipeline.packing import pack, stored_bytes
from etl.sources.local import LocalSource
from etl.store import upkeep
from etl.store.ledger import Span

LIMIT = 600


@given(lines=st.lists(st.integers(1, 40), max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pieces_of_an_input_are_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[int]
) -> None:
    monkeypatch.setattr(packing, "PACKAGE_BYTES", LIMIT)
    monkeypatch.setattr(packing, "ENOUGH_BYTES", LIMIT * 2 // 3)
    log = tmp_path / "access.log"
    log.write_bytes(b"".join(b"x" * (size - 1) + b"\n" for size in lines))
    size = log.stat().st_size
    item = Input(str(log), size, "tag", datetime(2026, 3, 16, tzinfo=UTC), closed=True)
    span = Span(item, "id", "print", 0, size)
    packages = list(pack(LocalSource(tmp_path), [span], prefix="p"))
    pieces = [piece for package in packages for piece in package.spans]
    edges = [(piece.from_offset, piece.to_offset) for piece in pieces]
    assert edges[0][0] == 0
    assert edges[-1][1] == size
    assert all(one[1] == other[0] for one, other in pairwise(edges))
    text = log.read_bytes()
    assert all(text[end - 1 : end] == b"\n" for _, end in edges if end)
    assert all(end - start <= LIMIT * 3 // 2 + 40 for start, end in edges)
    assert len({package.name for package in packages}) == len(packages)
    if size > packing.MANY_PIECES * LIMIT + 1000:
        assert all(len(package.spans) == 1 for package in packages)
        whole = [size for size in map(stored_bytes, pieces) if size > LIMIT * 2 // 3]
        assert len(whole) % packing.EVEN_PIECES == packing.EVEN_PIECES - 2
        assert stored_bytes(pieces[-1]) < LIMIT // 3


def test_only_the_end_of_all_is_cut_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is done first waits for a small piece; small files in between would be of no use."""
    monkeypatch.setattr(packing, "PACKAGE_BYTES", 1000)
    monkeypatch.setattr(packing, "ENOUGH_BYTES", 666)
    assert cut(tmp_path, 4000, 1600) == [1010, 1010, 1010, 970, 810, 790]
    assert cut(tmp_path, 4000, 4000) == [1010, 1010, 1010, 970, 1150, 1150, 580, 580, 290, 250]
    assert cut(tmp_path, 9000)[:10] == [760] * 10
    assert cut(tmp_path, 9000)[10:] == [380, 380, 190, 190, 190, 70]


def test_the_pieces_of_one_log_are_too_few_for_upkeep() -> None:
    assert len(packing.SHARES) < upkeep.FEW >= packing.MANY_PIECES


def cut(folder: Path, *sizes: int) -> list[int]:
    """Return the sizes of packages of logs of some sizes."""
    at, spans = datetime(2026, 3, 16, tzinfo=UTC), []
    for number, size in enumerate(sizes):
        path = folder / f"{number}.log"
        path.write_bytes(b"123456789\n" * (size // 10))
        item = Input(str(path), size, "tag", at, closed=True)
        spans.append(Span(item, path.name, "print", 0, size))
    packages = pack(LocalSource(folder), spans, prefix="p")
    return [sum(map(stored_bytes, package.spans)) for package in packages]
