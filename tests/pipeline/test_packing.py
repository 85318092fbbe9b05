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
from etl.pipeline.packing import in_portions, pack, stored_bytes
from etl.s3 import FIRST_BYTES
from etl.sources.local import LocalSource
from etl.sources.s3 import CACHE_BYTES
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
    at, spans = datetime(2026, 3, 16, tzinfo=UTC), []
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(b"123456789\n" * 400)
        item = Input(str(tmp_path / name), 4000, "tag", at, closed=True)
        spans.append(Span(item, name, "print", 0, 4000))
    packages = list(pack(LocalSource(tmp_path), spans, prefix="p"))
    sizes = [sum(map(stored_bytes, package.spans)) for package in packages]
    assert sizes == [1010, 1010, 1010, 970, 1010, 1010, 510, 510, 260, 260, 260, 180]


@given(
    sizes=st.lists(st.integers(1, 2 * FIRST_BYTES), max_size=400),
    files=st.integers(0, 3),
    most=st.integers(1, 300),
)
def test_portions_are_all_inputs_and_bounded(sizes: list[int], files: int, most: int) -> None:
    at = datetime(2026, 3, 16, tzinfo=UTC)
    objects = [Input(f"s3://b/{n}", size, "tag", at, closed=True) for n, size in enumerate(sizes)]
    local = [Input(f"{n}.log", 1 << 40, "tag", at, closed=False) for n in range(files)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "BATCH_INPUTS", most)
        portions = list(in_portions([*objects, *local]))
    assert portions[0][:files] == local
    portions[0] = portions[0][files:]
    assert [item for portion in portions for item in portion] == objects
    for portion in portions:
        assert len(portion) <= most
        held = sum(min(item.size_bytes, FIRST_BYTES) for item in portion)
        assert held <= packing.PORTION_BYTES < CACHE_BYTES
    assert all(portions) or len(portions) == 1
