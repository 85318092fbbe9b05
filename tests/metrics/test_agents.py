"""User agents: families and kinds of what really asks, by hand."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.metrics.agents import KINDS, LONGEST_NAME, UNNAMED, agent, classify

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
KNOWN: dict[str | None, tuple[str | None, str]] = {
    None: (None, "unknown"),
    "": (None, "unknown"),
    "-": (None, "unknown"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0": (
        "Firefox",
        "browser",
    ),
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/134.0.0.0 Safari/537.36": ("Chrome", "browser"),
    f"Mozilla/5.0 (X11) {WEBKIT} Chrome/64.0 Safari/537.36 Edge/17.1": ("Edge", "browser"),
    f"Mozilla/5.0 (X11) {WEBKIT} Chrome/64.0 Safari/537.36 OPR/50": ("Opera", "browser"),
    "Opera/9.80 (Windows NT 6.2; Win64; x64) Presto/2.12 Version/12.17": ("Opera", "browser"),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3) {WEBKIT} Mobile/15E148": ("Safari", "browser"),
    "Mozilla/5.0 (Linux; U; Android 2.2) AppleWebKit/533.1 Version/4.0 Mobile Safari/533.1": (
        *("Android Browser", "browser"),
    ),
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko": (
        *("Internet Explorer", "browser"),
    ),
    f"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) {WEBKIT} Chrome/90.0 Mobile Safari/537.36": (
        *("Chrome", "browser"),
    ),
    f"Mozilla/5.0 (X11; Linux) {WEBKIT} HeadlessChrome/64.0 Safari/537.36": (
        *("HeadlessChrome", "tool"),
    ),
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": ("bingbot", "bot"),
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/slurp)": ("Slurp", "bot"),
    "Mozilla/5.0 (compatible; SEOkicks; +https://www.seokicks.de/robot.html)": ("SEOkicks", "bot"),
    f"Mozilla/5.0 (Linux) {WEBKIT} Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://g)": (
        *("Googlebot", "bot"),
    ),
    "Feedly/1.0 (+http://www.feedly.com/poller.html)": ("Feedly", "bot"),
    "ia_archiver": ("ia_archiver", "bot"),
    "jetmon/1.0 (Jetpack Site Uptime Monitor by WordPress.com)": ("jetmon", "monitor"),
    "kube-probe/1.31": ("kube-probe", "monitor"),
    "ELB-HealthChecker/2.0": ("ELB-HealthChecker", "monitor"),
    "Uptime-Check/3.0 (+https://status.example.net/)": ("Uptime-Check", "monitor"),
    "Mozilla/5.0 zgrab/0.x": ("zgrab", "tool"),
    "curl/7.58.0": ("curl", "tool"),
    "curl": ("curl", "tool"),
    "sqlmap/1.2.10#stable (http://sqlmap.org)": ("sqlmap", "tool"),
    "WPScan v2.9 (http://wpscan.org)": ("WPScan", "tool"),
    "Fuzz Faster U Fool v2.1.0-dev": ("Fuzz Faster U Fool", "tool"),
    "python-requests/2.5.0 CPython/2.7.9 Linux/3.14": ("python-requests", "library"),
    "Java/1.8.0_73": ("Java", "library"),
    "Apache-HttpClient/4.3.6 (java 1.5)": ("Apache-HttpClient", "library"),
    "okhttp/4.12.0": ("okhttp", "library"),
    "WordPress/4.4.2; http://sparkdeveloper.com": ("WordPress", "library"),
    "backoffice/4.7.2 (jvm 21)": ("backoffice", "unknown"),
    "Mozilla/4.0 (compatible;)": ("Mozilla", "unknown"),
    "() { :; }; echo": (UNNAMED, "unknown"),
    "74.208.166.116": (UNNAMED, "unknown"),
}


def test_known_agents_are_told_apart() -> None:
    found = classify(pl.Series(list(KNOWN), dtype=pl.String))
    assert {a: (f, k) for a, f, k in found.iter_rows()} == KNOWN


def test_every_row_has_the_family_of_its_agent_in_its_place() -> None:
    agents = [*KNOWN, "curl/8", None, *KNOWN]
    rows = pl.LazyFrame({"agent": agents}, schema={"agent": pl.String})
    found = rows.select(agent("agent").struct.unnest()).collect().rows()
    assert found == [KNOWN.get(one, ("curl", "tool")) for one in agents]


def test_no_rows_have_the_columns_all_the_same() -> None:
    found = pl.LazyFrame(schema={"agent": pl.String}).select(agent("agent").struct.unnest())
    assert found.collect().schema == {"family": pl.String, "kind": pl.String}


@given(st.lists(st.one_of(st.none(), st.text(max_size=60)), unique=True, max_size=20))
def test_any_text_has_a_bounded_family_and_a_known_kind(agents: list[str | None]) -> None:
    found = classify(pl.Series(agents, dtype=pl.String))
    assert found["agent"].to_list() == agents
    assert set(found["kind"]) <= set(KINDS)
    assert all(f is None or 0 < len(f) <= LONGEST_NAME for f in found["family"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_occurs(kind: str) -> None:
    assert kind in {known for _, known in KNOWN.values()}
