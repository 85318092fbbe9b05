"""What is held in memory for several metrics gives the same figures as the tables themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from etl.demo import simulate
from etl.metrics import shared
from etl.metrics.chains import chain_views
from etl.metrics.shared import share
from etl.metrics.sql import run_sql
from etl.metrics.views import build_views
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.project import Project
from etl.pipeline.windows import known_span
from tests.pipeline.conftest import NOW, open_folder

DAY = date(2026, 3, 17)
Views = dict[int, dict[str, pl.LazyFrame]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a demo project whose logs are read."""
    folder: Path = tmp_path_factory.mktemp("shared") / "demo"
    simulate(folder, days=3, lines=3_000, seed=5)
    run_ingest(open_folder(folder), now=NOW, workers=1)
    return open_folder(folder)


@pytest.fixture(scope="module")
def views(project: Project) -> Views:
    """Return the views of a day, by look-back."""
    spans = {sheet.lookback_days for sheet in project.sheets.values()}
    known = known_span(project.warehouse)
    chains = chain_views(project.tables(), project.definitions, DAY, known)
    return {
        span: build_views(project.tables(), project.definitions, DAY, span) | chains
        for span in spans
    }


def test_every_metric_gives_the_same(project: Project, views: Views) -> None:
    held = share({span: dict(each) for span, each in views.items()}, project.sheets.values())
    assert held
    for sheet in project.sheets.values():
        span = sheet.lookback_days
        plain, quick = run_sql(sheet, views[span]), run_sql(sheet, views[span], held[span])
        assert quick.schema == plain.schema, sheet.name
        key = sorted(plain.columns)
        assert quick.select(key).sort(key).equals(plain.select(key).sort(key)), sheet.name


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) as value, max(route) as last, min(remote_addr) as first from requests",
        "select route, count(*) as value from requests group by route order by route desc limit 2",
        "select upper(source) || '-' || route as name, count(*) as value from requests group by"
        " upper(source) || '-' || route",
        "select count(*) as value from requests where route like '/cust%' and source > 'a'",
        "select coalesce(route, '(none)') as route, count(*) as value from requests"
        " group by coalesce(route, '(none)')",
        "select s.source, count(r.at) as value from sources s left join requests r"
        " on s.source = r.source group by s.source",
        "select i.source, count(*) as value from inputs i join requests r on i.source = r.source"
        " group by i.source",
        "select source, count(*) as value from requests group by source union all"
        " select source, count(*) as value from events group by source",
        "select case when status < 400 then route else path end as what, count(*) as value"
        " from requests group by case when status < 400 then route else path end",
        "select length(route) as letters, count(distinct remote_addr) as value from requests"
        " where route in ('/customers', '/health') group by length(route)",
    ],
)
def test_own_sql_of_any_kind_gives_the_same(sql: str, project: Project, views: Views) -> None:
    sheet = replace(project.sheets["lines"], name="own", sql=sql)
    readers = [*project.sheets.values(), sheet]
    held = share({span: dict(each) for span, each in views.items()}, readers)
    plain, quick = run_sql(sheet, views[0]), run_sql(sheet, views[0], held[0])
    assert quick.schema == plain.schema
    assert quick.sort(quick.columns).equals(plain.sort(plain.columns))


def test_a_day_too_large_to_be_held_is_read_by_each_metric(
    project: Project, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "MOST_ROWS", 10)
    assert share({span: dict(each) for span, each in views.items()}, project.sheets.values()) == {}
