"""One mail: verdict first, no images or scripts, small, and never steered by what logs hold."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.errors import ConfigError
from etl.model import ChainWait, DayReport, Measurement, MessageSample, Verdict
from etl.reporting import build_mail, send_key
from etl.reporting.context import day_page
from etl.reporting.html import environment, render
from etl.resources import templates_folder
from tests.reporting.figures import DAY, MEASURED_AT, measured
from tests.reporting.pagecheck import Page, unseen
from tests.reporting.statements import (
    empty_report,
    good_report,
    hostile_report,
    many_report,
    rich_report,
)

OWNER = "owner@example.org"
URL = "https://reports.example.org/hub/index.html"


def mail(report: DayReport, **more: str | None) -> EmailMessage:
    """Build a mail, and read it back as a client would."""
    sender = more.pop("sender", None) or "Daytally <daytally@example.org>"
    built = build_mail(report, sender=sender, recipients=[OWNER], now=MEASURED_AT, **more)  # type: ignore[arg-type]
    return email.message_from_bytes(built.as_bytes(), policy=default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_subject_starts_with_the_verdict() -> None:
    message = mail(rich_report())
    assert message["Subject"] == "[Daytally] MISSED 3 of 9 KPIs · Customer hub · 2026-03-20"
    assert mail(good_report())["Subject"].startswith("[Daytally] MET all 9 KPIs · ")
    assert mail(empty_report())["Subject"].startswith("[Daytally] NO DATA for 4 of 4 KPIs · ")


def test_headers_are_those_of_a_machine_that_says_so() -> None:
    message = mail(rich_report())
    assert message["From"] == "Daytally <daytally@example.org>"
    assert message["To"] == OWNER
    assert message["Date"].datetime == MEASURED_AT
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith(".20260320@example.org>")
    assert message["Message-ID"].startswith(f"<{send_key(rich_report(), [OWNER])[:32]}.")


def test_both_parts_tell_the_same() -> None:
    message = mail(rich_report(), index_url=URL)
    assert message.get_content_type() == "multipart/alternative"
    page = Page(part(message, "html"))
    assert not page.faults
    for text in (part(message, "plain"), page.text):
        for word in (
            *("MISSED 3 of 9 KPIs", "Clients retry, call support", "≤ 2", "1.017", "audit"),
            "70,246 lines = 70,226 records + 16 rejects + 4 blank",
            "median 6 h, p90 10 h",
        ):
            assert word in text.replace("\xa0", " ")
    day_url = "https://reports.example.org/hub/2026-03-20/index.html"
    assert day_url in page.links
    assert day_url in part(message, "plain")


def test_both_parts_tell_budgets_and_unusual_values() -> None:
    """Figures worked by hand from the budgets and the band of the handmade day."""
    message = mail(rich_report())
    for text in (part(message, "plain"), Page(part(message, "html")).text):
        told = " ".join(text.replace("\xa0", " ").split())
        assert "341 % used of 0.001 % of n in 28 days" in told  # 47 bad of 13.765 allowed
        assert "67 % used of 3 bad days in 28; lasts 13 days at this rate" in told  # 2 in 27 days
        assert told.index("341 % used") < told.index("67 % used")
        assert "9,702 lines, usual 11,800 to 13,950 lines" in told
        assert "open for 9 h 56 min, API team" in told  # 14:04:11 to midnight
        assert "unknown column 'statsu'" in told
        assert "daytally explain http_500 --day 2026-03-20 --source api" in told
    quiet = replace(rich_report(), budgets=(), incidents=(), failed={})
    calm = tuple(replace(m, unusual=False) for m in quiet.measurements)
    said = part(mail(replace(quiet, measurements=calm)), "plain")
    assert not re.search("budget|usual|open for|Not measured", said)


def test_page_and_mail_say_which_log_the_day_waits_for() -> None:
    wait = ChainWait("customer", "stored", "store", date(2026, 3, 21), 12)
    report = replace(rich_report(), waits=(wait,))
    said = (
        "Waiting for the log of store of 2026-03-21: it has to tell whether 12 objects of"
        " customer passed stored."
    )
    message = mail(report)
    page = render(environment(templates_folder(), None), "day.html", day_page(report).cut(9))
    for text in (part(message, "plain"), Page(part(message, "html")).text, Page(page).text):
        assert said in " ".join(text.split())


def test_new_kinds_of_errors_are_told_the_unknown_ones_first() -> None:
    at = MEASURED_AT - timedelta(hours=4, seconds=9)  # 22:04:00 in Berlin

    def of(kind: str, count: float) -> Measurement:
        about = {"source": "app", "fingerprint": kind}
        return measured(
            "error_fingerprints_new", count, unit="events", dimensions=about, first_at=at
        )

    def sample(kind: str, first_day: date) -> MessageSample:
        return MessageSample("app", kind, 3, at, kind, "logs/a.log", 1, first_day, DAY)

    samples = (sample("back {…}", date(2026, 3, 2)), sample("<b>never", DAY))
    report = replace(
        rich_report(), measurements=(of("back {…}", 900), of("<b>never", 1)), samples=samples
    )
    message = mail(report)
    for text in (part(message, "plain"), Page(part(message, "html")).text):
        told = " ".join(text.split())
        known = "900 events, first at 22:04:00; known since 2026-03-02, not on the day before"
        assert told.index("Errors that are new since yesterday <b>never") < told.index(known)
        assert "1 event, first at 22:04:00" in told


def test_of_many_unusual_values_those_that_move_together_share_a_line() -> None:
    """A slow hour makes each percentile of each method unusual; a reader needs one line of it."""

    def odd(metric: str, value: float, **about: str) -> Measurement:
        band = {"band_low": 0.0, "band_high": 10.0, "unusual": True}
        return measured(metric, value, dimensions=about, **band)

    found = (
        *(odd(f"request_time_by_method_p{p}", p, method="GET") for p in (50, 90, 99)),
        *(odd("request_time_p99", 20 + i, route=f"/{i}") for i in range(9)),
        *(odd(f"things_{letter}", 11) for letter in "abcdefg"),
    )
    report = replace(rich_report(), measurements=found)
    text = part(mail(report), "plain").replace("\r\n", "\n")
    assert "request_time_by_method_p99, method GET: 99, usual up to 10 (and 11 figures" in text
    assert "  things_d: 11, usual up to 10\n  and 3 more\n" in text


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "file:///etc/passwd", ""])
def test_without_a_web_address_there_is_no_link(url: str | None) -> None:
    page = Page(part(mail(rich_report(), index_url=url), "html"))
    assert page.links == ["https://wiki.example.org/runbooks/http-500"]


def test_mail_clients_get_tables_and_inline_styles_only() -> None:
    text = part(mail(rich_report()), "html")
    assert not re.search(r"<(style|script|img|link|svg)\b", text)
    assert "class=" not in text
    assert 'width="71.8%"' in text  # the bar of 431 s against 600 s


@pytest.mark.parametrize("report", [rich_report(), many_report(5_000), empty_report()])
def test_a_mail_is_small(report: DayReport) -> None:
    built = build_mail(report, sender=OWNER, recipients=[OWNER], now=MEASURED_AT)
    assert len(built.as_bytes()) < 100_000
    assert max(len(line) for line in built.as_bytes().splitlines()) <= 998


@pytest.mark.parametrize(
    "address",
    [
        "owner@example.org\nBcc: spy@example.org",
        "Owner\r\nX: y <owner@example.org>",
        "owner@example.org, other@example.org",
        "owner",
        "",
        "a b@example.org",
        "owner@example.org\x00",
    ],
)
def test_an_address_that_could_inject_a_header_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="is no mail address"):
        build_mail(rich_report(), sender=address, recipients=[OWNER], now=MEASURED_AT)
    with pytest.raises(ConfigError, match="is no mail address"):
        build_mail(rich_report(), sender=OWNER, recipients=[OWNER, address], now=MEASURED_AT)


@settings(max_examples=25)
@given(st.text(min_size=1) | st.just("x\r\nBcc: spy@example.org\r\n\r\n<script>"))
def test_no_text_of_a_log_or_project_reaches_a_header_or_a_tag(text: str) -> None:
    message = mail(hostile_report(text))
    assert set(message.keys()) == {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"),
        *("MIME-Version", "Content-Type"),
    }
    assert message["Subject"].startswith("[Daytally] MISSED 4 of 10 KPIs")
    page = Page(part(message, "html"))
    assert not page.faults
    for kind in ("plain", "html"):
        assert not unseen(part(message, kind).replace("\r\n", "\n"))


def test_the_users_own_mail_template_goes_first(tmp_path: Path) -> None:
    (tmp_path / "mail.html").write_text("<p>{{ verdict_words }}</p>")
    built = build_mail(
        rich_report(), sender=OWNER, recipients=[OWNER], now=MEASURED_AT, overrides=tmp_path
    )
    assert part(built, "html").strip() == "<p>MISSED 3 of 9 KPIs</p>"


def test_the_send_key_knows_a_statement_from_another() -> None:
    report, to = rich_report(), [OWNER, "b@example.org"]
    key = send_key(report, to)
    assert re.fullmatch("[0-9a-f]{64}", key)
    later = tuple(
        replace(m, measured_at=MEASURED_AT + timedelta(days=1)) for m in report.measurements
    )
    same = (
        replace(report, measured_at=MEASURED_AT + timedelta(days=1)),
        replace(report, measurements=later[::-1]),
    )
    assert {send_key(one, to) for one in same} == {key}
    assert send_key(report, to[::-1]) == key
    assert send_key(report, [*to, f" {OWNER} "]) == key


def test_the_send_key_changes_with_what_the_statement_says() -> None:
    report = rich_report()
    first, *others = report.measurements
    different = [
        replace(report, day=report.day + timedelta(days=1)),
        replace(report, measurements=(replace(first, value=0.5), *others)),
        replace(report, measurements=(replace(first, value=None), *others)),
        replace(report, measurements=(replace(first, verdict=Verdict.NO_DATA), *others)),
        replace(report, measurements=tuple(others)),
        replace(report, measurements=(replace(first, dimensions={"a": "b"}), *others)),
        good_report(),
        empty_report(),
    ]
    keys = [send_key(one, [OWNER]) for one in [report, *different]]
    assert len(set(keys)) == len(keys)
    assert send_key(report, ["other@example.org"]) not in keys
