"""What is made once for several metrics gives the same figures as the tables themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from etl.demo import simulate
from etl.metrics.chains import chain_views
from etl.metrics.counting import COLUMNS_COUNTED, count_requests
from etl.metrics.counts import MADE_OF, counted
from etl.metrics.finding import DICTIONARIES
from etl.metrics.numbering import Numbering
from etl.metrics.shared import share
from etl.metrics.sightings import sightings
from etl.metrics.sql import run_sql
from etl.metrics.views import build_views
from etl.pipeline import reading_day
from etl.pipeline.ingest_run import run_ingest
from etl.pipeline.project import Project
from etl.pipeline.windows import known_span
from etl.store.groups import row_groups
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
    seen = sightings(project.tables(), project.definitions, DAY)
    chains = chain_views(seen, project.definitions, DAY, known)
    return {
        span: build_views(project.tables(), project.definitions, DAY, span) | chains
        for span in spans
    }


def test_every_metric_gives_the_same(project: Project, views: Views) -> None:
    held = share(views, project.sheets.values())
    for sheet in project.sheets.values():
        span = sheet.lookback_days
        plain, quick = run_sql(sheet, views[span]), run_sql(sheet, held[span])
        assert quick.schema == plain.schema, sheet.name
        key = sorted(plain.columns)
        assert quick.select(key).sort(key).equals(plain.select(key).sort(key)), sheet.name


def test_a_view_that_one_metric_reads_is_left_to_it(project: Project, views: Views) -> None:
    """So that its own conditions decide which rows are read."""
    held = share(views, project.sheets.values())
    assert held[0]["request_counts"] is not views[0]["request_counts"]
    assert held[0]["unrouted"] is views[0]["unrouted"]
    assert held[0]["requests"] is views[0]["requests"]


def test_one_pass_over_the_files_counts_what_plain_queries_count(project: Project) -> None:
    definitions = project.definitions
    for day in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=30)):
        groups = row_groups(project.warehouse, "requests", day, COLUMNS_COUNTED, texts=DICTIONARIES)
        quick = count_requests(groups, definitions.within_s, definitions.routes_within_s)
        plain = counted(build_views(project.tables(), definitions, day, 0)["requests"])
        given = build_views(project.tables(), definitions, day, 0, quick)
        expected = build_views(project.tables(), definitions, day, 0, plain)
        for name in MADE_OF:
            found = given[name].collect()
            assert found.schema == expected[name].collect_schema(), name
            key = found.columns
            assert found.sort(key).equals(expected[name].collect().sort(key)), name
            assert found.is_empty() == (day > DAY + timedelta(days=1)), name


def test_rows_found_in_that_pass_are_those_that_queries_find(project: Project) -> None:
    for day in (DAY, DAY + timedelta(days=1)):
        read = reading_day.read_day(project, day)
        queried = sightings(project.tables(), project.definitions, day)
        for chain, seen in read.seen.items():
            expected = queried[chain]
            assert [len(rows) for rows in seen.rows] == [len(rows) for rows in expected.rows]
            for quick, plain in zip(seen.rows, expected.rows, strict=True):
                assert len(quick) > 0
                assert _lines(seen.ids, quick).equals(_lines(expected.ids, plain))


@pytest.mark.parametrize("where", ["row_groups", "made_ahead", "count_requests"])
def test_a_pass_that_fails_lets_nobody_wait_for_its_rows(
    project: Project, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(reading_day, where, fail)
    with pytest.raises(OSError, match="gone"):
        reading_day.read_day(project, DAY)


def _lines(ids: Numbering, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with ids and texts in the place of numbers, sorted."""
    told = rows.with_columns(object=ids.texts(rows["object"].to_numpy()))
    return told.cast({"source": pl.String, "input_id": pl.String}).sort(told.columns)


FROM_ROWS = {
    "requests_by_resource": "select source, resource, count(*) as value from requests"
    " group by source, resource",
    "requests_by_agent": "select source, agent_kind, agent_family, count(*) as value from requests"
    " group by source, agent_kind, agent_family",
    "bytes_by_route": "select source, route, sum(coalesce(bytes_sent, body_bytes_sent)) as value,"
    " count(coalesce(bytes_sent, body_bytes_sent)) as n from requests group by source, route",
    "http_status_hourly": "select source, hour, status, count(*) as value from requests"
    " where status is not null group by source, hour, status",
    "request_within": "select source, route,"
    " cast(count(*) filter (where request_time_s <= within_s) as double) / count(*) as value,"
    " count(*) filter (where request_time_s <= within_s) as numerator,"
    " count(*) as denominator, count(*) as n from requests where request_time_s is not null"
    " group by source, route",
    "request_time_p90": "select source, route, quantile_disc(request_time_s, 0.9) as value,"
    " count(*) as n from requests where request_time_s is not null and route is not null"
    " group by source, route",
    "request_time_by_method_p99": "select source, method,"
    " quantile_disc(request_time_s, 0.99) as value, count(*) as n from requests"
    " where request_time_s is not null and method is not null group by source, method",
    "request_time_by_source_p50": "select source, quantile_disc(request_time_s, 0.5) as value,"
    " count(*) as n from requests where request_time_s is not null group by source",
    "distinct_clients": "select source, count(distinct remote_addr) as value,"
    " count(remote_addr) as n from requests group by source",
    "warning_fingerprints": "select source, coalesce(fingerprint, '') as fingerprint,"
    " count(*) as value, min(at) as first_at, max(at) as last_at from events where severity = 4"
    " group by source, coalesce(fingerprint, '')",
    "distinct_objects": "select chain, step, count(distinct object_id) as value,"
    " count(object_id) as n from steps group by chain, step",
    "step_time_p90": "select chain, from_step, to_step, quantile_disc(time_s, 0.9) as value,"
    " count(*) as n from passages where span = 'step' group by chain, from_step, to_step",
    "chain_time_p50": "select chain, quantile_disc(time_s, 0.5) as value, count(*) as n"
    " from passages where span = 'chain' group by chain",
    "lost_objects": "select chain, count(*) filter (where state = 'lost') as value, count(*) as n,"
    " min(entered_at) filter (where state = 'lost') as first_at,"
    " max(entered_at) filter (where state = 'lost') as last_at"
    " from cohorts where is_last group by chain",
}
"""Metrics over counts, and the same over the rows; none of them has an `(other)` here."""


@pytest.mark.parametrize("name", FROM_ROWS)
def test_counts_give_what_the_rows_give(name: str, project: Project, views: Views) -> None:
    sheet = project.sheets[name]
    from_rows = run_sql(replace(sheet, sql=FROM_ROWS[name]), views[sheet.lookback_days])
    from_counts = run_sql(sheet, views[sheet.lookback_days]).select(from_rows.columns)
    key = from_rows.columns
    assert from_counts.cast(dict(from_rows.schema)).sort(key).equals(from_rows.sort(key))
    assert len(from_rows) > 0
