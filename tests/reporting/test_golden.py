"""The rich day, byte for byte. After a wanted change: GOLDEN=write pytest tests/reporting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from etl.reporting import build_mail, headline, write_day
from tests.reporting.figures import DAY, MEASURED_AT
from tests.reporting.statements import empty_report, rich_report

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
WRITE = os.environ.get("GOLDEN") == "write"


def compare(got: dict[str, bytes], folder: Path) -> None:
    if WRITE:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, content in got.items():
            (folder / name).write_bytes(content)
    wanted = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(got) == set(wanted)
    for name, content in got.items():
        assert content.decode() == wanted[name].decode(), name


@pytest.mark.parametrize(("name", "report"), [("rich", rich_report()), ("empty", empty_report())])
def test_a_day_looks_as_it_did(name: str, report: object, tmp_path: Path, templates: Path) -> None:
    write_day(tmp_path, report, templates=templates)  # type: ignore[arg-type]
    got = {path.name: path.read_bytes() for path in (tmp_path / str(DAY)).iterdir()}
    compare(got, GOLDEN / name)


def test_a_mail_looks_as_it_did() -> None:
    message = build_mail(
        rich_report(),
        sender="Daytally <daytally@example.org>",
        recipients=["owner@example.org"],
        now=MEASURED_AT,
        index_url="https://reports.example.org/index.html",
    )
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    got = {f"mail.{kind}": part.get_content().encode() for kind, part in parts.items() if part}
    got["headline.txt"] = ("\n".join(headline(rich_report())) + "\n").encode()
    compare(got, GOLDEN / "mail")
