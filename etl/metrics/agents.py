"""User agents as families and kinds, by a table of rules.

Why not a library: those that exist know hundreds of browsers and phones, and nothing of what asks
a back end (its own services, health probes, HTTP libraries); they do not say what kind a client
is; and a new release of their tables would change what past days measure.

Distinct agents are few where rows are many, so each is looked at once and joined to its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

import polars as pl

KINDS = ("bot", "browser", "library", "monitor", "tool", "unknown")
"""What `agent_kind` can be."""

UNNAMED = "(unnamed)"
"""Family of an agent that does not begin with a name."""

LONGEST_NAME = 40

MOST_KNOWN = 10_000
"""Agents that are remembered at least; a log of made-up ones fills no memory."""

_BROWSERS: Mapping[str, str] = {
    # In this order: most browsers also name those that they descend from.
    "Edge": r"\bEdg(?:e|A|iOS)?/",
    "Opera": r"\b(?:OPR|OPiOS)/|\bOpera\b",
    "Samsung Internet": r"\bSamsungBrowser/",
    "UC Browser": r"\bUC ?(?:Browser|WEB)",
    "Yandex Browser": r"\bYaBrowser/",
    "Vivaldi": r"\bVivaldi/",
    "Firefox": r"\b(?:Firefox|FxiOS|Iceweasel)/",
    "Chrome": r"\b(?:Chrome|CriOS|Chromium)/",
    "Android Browser": r"\bAndroid\b.*\bVersion/",
    "Safari": r"\bSafari/|\bMobileSafari/|\biPhone\b|\biPad\b",
    "Internet Explorer": r"\bMSIE |\bTrident/",
    "Mozilla": r"\bGecko/",
}

_NAMED_KINDS: Mapping[str, str] = {
    # Names at the beginning, in lower case; `*` stands for any end.
    "monitor": (
        "jetmon kube-probe elb-healthchecker googlehc prometheus* zabbix nagios* check_http* "
        "pingdom* uptime* statuscake* site24x7* datadog* newrelicpinger* haproxy* blackbox* "
        "envoy/hc consul* amazon-route53* better* updown* checkly* dreamhost*monitor* sitemonitor*"
    ),
    "tool": (
        "curl wget httpie postmanruntime insomnia apachebench wrk hey k6 siege jmeter axel aria2* "
        "git docker containerd pip npm yarn apt* debian* rclone sqlmap nikto nmap* masscan zgrab "
        "wpscan* nuclei* gobuster dirbuster fuzz* ffuf feroxbuster* openvas* whatweb*"
    ),
    "library": (
        "python* aiohttp httpx java apache-httpclient* apache-cxf* jakarta* okhttp go-http-client "
        "google-http-java-client google-api* axios node* undici got libwww-perl lwp* perl* ruby* "
        "faraday guzzle* php* dalvik winhttp reactornetty reactor-netty jersey restsharp xml-rpc* "
        "wordpress* aws-sdk* boto* botocore grpc* rest-client typhoeus dart* cpp-httplib hackney "
        "akka-http* spring* scrapy* .net* microsoft* cfnetwork* elastic* opensearch* chef* soap*"
    ),
    "browser": "opera links* lynx* w3m* elinks* mobilesafari safari",
}

_ADDRESSES = r"\+?\bhttps?:\S*|\S+@\S+"
_MONITOR = r"(?i)\b(?:uptime|health ?check|health-?checker|site ?monitor|monitoring)"
_BOT = (
    r"(?i)([a-z0-9_.-]*(?:bot|crawl|spider|slurp|fetch|preview|archiver|scanner|feedparser)"
    r"[a-z0-9_-]*)"
)
_COMPATIBLE = r"\bcompatible;\s*([A-Za-z][\w .!-]*[\w!])"
_SECOND = r"^Mozilla/[\d.]+ ([A-Za-z][\w.+-]*)/"
"""Name of what calls itself Mozilla and then, without a bracket, something else."""
_PRODUCT = r"^\s*([A-Za-z.][\w.+-]*(?: [A-Za-z][A-Za-z._+-]*){0,3})"
_PHONES = r"(?i)^cubot"
"""Makes of phones that end like a robot's name."""


def agent(column: str) -> pl.Expr:
    """Return a struct of `family` and `kind` for a column of user agents.

    A missing agent has no family, and is of an unknown kind.
    """
    return pl.col(column).map_batches(
        _classified,
        return_dtype=pl.Struct({"family": pl.String, "kind": pl.String}),
        is_elementwise=True,
    )


class _Known:
    """Agents that were classified before: the same ones come in every block of rows."""

    def __init__(self) -> None:
        self._lock = Lock()
        # Written down, not asked of polars: its threads are not started by an import.
        self._frame = pl.DataFrame(schema=dict.fromkeys(("agent", "family", "kind"), pl.String))

    def of(self, agents: pl.Series) -> pl.DataFrame:
        """Return family and kind of different agents, among others'."""
        with self._lock:
            new = agents.to_frame("agent").join(
                self._frame, on="agent", how="anti", nulls_equal=True
            )
            if new.height:
                kept = self._frame if self._frame.height < MOST_KNOWN else self._frame.clear()
                missing = new if kept.height else agents.to_frame("agent")
                self._frame = pl.concat([kept, classify(missing.to_series())])
            return self._frame


def _classified(agents: pl.Series) -> pl.Series:
    rows = agents.alias("agent").to_frame()
    known = _KNOWN.of(rows["agent"].unique())
    found = rows.join(known, on="agent", how="left", nulls_equal=True, maintain_order="left")
    return found.select(pl.struct("family", "kind")).to_series().alias(agents.name)


def classify(agents: pl.Series) -> pl.DataFrame:
    """Return `agent`, `family` and `kind` for each of some different agents."""
    plain = pl.col("agent").str.replace_all(_ADDRESSES, "")
    named = pl.col("agent").ne(plain)
    bot = pl.col("bot")
    product = pl.col("product")
    kind_of_name = pl.coalesce(
        pl.when(product.str.to_lowercase().str.contains(_name_pattern(names))).then(pl.lit(kind))
        for kind, names in _NAMED_KINDS.items()
    )
    browser = pl.coalesce(
        pl.when(pl.col("agent").str.contains(pattern)).then(pl.lit(family))
        for family, pattern in _BROWSERS.items()
    )
    is_mozilla = product.eq("Mozilla") | product.eq("Opera")
    bot_name = pl.coalesce(bot, plain.str.extract(_COMPATIBLE), pl.when(~is_mozilla).then(product))
    return (
        agents.alias("agent")
        .to_frame()
        .with_columns(
            product=pl.coalesce(
                plain.str.extract(pattern) for pattern in (_SECOND, _PRODUCT)
            ).str.replace(r"\s+v$", ""),
            bot=plain.str.extract(_BOT),
        )
        .with_columns(bot=pl.when(~bot.str.contains(_PHONES)).then(bot))
        .with_columns(
            listed=pl.when(~is_mozilla).then(kind_of_name),
            bot=pl.when(bot.is_not_null() | named).then(bot_name),
            browser=browser,
        )
        .with_columns(headless=pl.col("agent").str.contains(r"\bHeadlessChrome/"))
        .select(
            "agent",
            family=_family().str.slice(0, LONGEST_NAME),
            kind=_kind(),
        )
    )


def _family() -> pl.Expr:
    agent, listed = pl.col("agent"), pl.col("listed")
    return (
        pl.when(agent.is_null() | agent.is_in(["", "-"]))
        .then(pl.lit(None, pl.String))
        .when(pl.col("headless"))
        .then(pl.lit("HeadlessChrome"))
        .when(listed.is_not_null() & listed.ne("browser"))
        .then(pl.col("product"))
        .otherwise(pl.coalesce("bot", "browser", "product", pl.lit(UNNAMED)))
    )


def _kind() -> pl.Expr:
    listed = pl.col("listed")
    return (
        pl.when(pl.col("headless"))
        .then(pl.lit("tool"))
        .when(listed.is_not_null() & listed.ne("browser"))
        .then(listed)
        .when(pl.col("agent").str.contains(_MONITOR))
        .then(pl.lit("monitor"))
        .when(pl.col("bot").is_not_null())
        .then(pl.lit("bot"))
        .when(pl.col("browser").is_not_null() | listed.eq("browser"))
        .then(pl.lit("browser"))
        .otherwise(pl.lit("unknown"))
    )


def _name_pattern(names: str) -> str:
    """Return the pattern of a list of names, of which `*` stands for any end."""
    alternatives = "|".join(
        name.replace(".", r"\.").replace("*", ".*") + ("" if name.endswith("*") else r"(?:\s.*)?")
        for name in names.split()
    )
    return rf"^(?:{alternatives})$"


_KNOWN = _Known()
