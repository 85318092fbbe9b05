"""Who asks the API for what: clients, requests, answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROUTES = ("/customers/{customer_id}", "/customers/city/{city}", "/customers", "/health")
UNROUTED = len(ROUTES)
RESOURCES = {"customers": (0, 1, 2), "health": (3,)}
"""First segment of the path to the routes that begin with it."""

STATUSES = (200, 206, 304, 401, 404, 500, 502)
OK, FAILED = STATUSES.index(200), STATUSES.index(500)

CITIES = (
    "Berlin",
    "Hamburg",
    "M%C3%BCnchen",
    "K%C3%B6ln",
    "Frankfurt%20am%20Main",
    "Stuttgart",
    "D%C3%BCsseldorf",
    "Leipzig",
    "Dortmund",
    "Essen",
    "Bremen",
    "N%C3%BCrnberg",
    "Gie%C3%9Fen",
    "%C5%81%C3%B3d%C5%BA",
)

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS: Mapping[str, tuple[str, ...]] = {
    "browser": (
        _FIREFOX,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/134.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Chrome/133.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/134.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1",
    ),
    "app": (
        "backoffice/4.7.2 (jvm 21)",
        "partner-portal/1.19",
        "okhttp/4.12.0",
        "python-requests/2.32.3",
    ),
    "crm": ("crm-sync/2.1",),
    "monitor": ("kube-probe/1.31", "Uptime-Check/3.0 (+https://status.example.net/)"),
    "bot": (
        "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://bot.example.com/about.html)",
        r"Mozilla/5.0 (compatible; \x22Catalogue Spider\x22/0.9; spider@example.org)",
        "-",
    ),
    "scanner": ("Mozilla/5.0 zgrab/0.x", "masscan/1.3", r"() { :; }; echo \x22probe\x22", "-"),
}
"""Kind of client to its user agents; nginx writes a quote as `\\x22`."""

FAMILIES: Mapping[str, tuple[str | None, str]] = {
    **dict(
        zip(
            AGENTS["browser"],
            [
                (name, "browser")
                for name in ("Firefox", "Firefox", "Chrome", "Chrome", "Chrome", "Safari")
            ],
            strict=True,
        )
    ),
    "backoffice/4.7.2 (jvm 21)": ("backoffice", "unknown"),
    "partner-portal/1.19": ("partner-portal", "unknown"),
    "okhttp/4.12.0": ("okhttp", "library"),
    "python-requests/2.32.3": ("python-requests", "library"),
    "crm-sync/2.1": ("crm-sync", "unknown"),
    "kube-probe/1.31": ("kube-probe", "monitor"),
    "Uptime-Check/3.0 (+https://status.example.net/)": ("Uptime-Check", "monitor"),
    AGENTS["bot"][0]: ("ExampleBot", "bot"),
    AGENTS["bot"][1]: ("Spider", "bot"),
    "Mozilla/5.0 zgrab/0.x": ("zgrab", "tool"),
    "masscan/1.3": ("masscan", "tool"),
    AGENTS["scanner"][2]: ("(unnamed)", "unknown"),
    "-": (None, "unknown"),
}
"""User agent to its family and kind, as a person would say."""

CLIENTS = {"browser": 2400, "app": 60, "crm": 2, "monitor": 6, "bot": 90, "scanner": 40}
"""How many clients there are of each kind."""

USERS: Mapping[str, tuple[str, ...]] = {
    "app": ("backoffice", "partner-a", "partner-b", "svc_billing"),
    "crm": ("crm",),
}

REFERERS: Mapping[str, tuple[str, ...]] = {
    "browser": (
        "-",
        "https://hub.example.com/",
        "https://hub.example.com/search?q=m%C3%BCller&page=2",
        r"https://hub.example.com/search?q=\x22anna+schmidt\x22",
    ),
}

_BROWSER = {304: 0.08, 404: 0.008, 401: 0.004, 502: 0.0004}
_APP = {404: 0.012, 401: 0.006, 502: 0.0004}


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of request.

    Attributes:
        path: What the requests begin with.
        tails: What may follow the slot: the rest of the path, or a query.
        slot: What stands between both: nothing, `city` or `customer`.
        route: Place in `ROUTES`, or `UNROUTED`.
        weight: Share among the requests of people (`office` is true) or of machines.
        others: Probability of each status but 200.
        median_ms: Of the request time.
        body_bytes: Usual size of an answer with 200.
    """

    clients: str
    path: str
    tails: tuple[str, ...]
    route: int
    weight: float
    slot: str = ""
    method: str = "GET"
    others: Mapping[int, float] = field(default_factory=dict)
    median_ms: float = 2.0
    body_bytes: int = 900
    office: bool = True


_FIELDS = ("", "", "", "?fields=name,city", "?lang=de&expand=orders")
_PAGES = ("", "?page=2&size=50", "?page=3&size=50", "?sort=-created&q=m%C3%BCller", "?q=o%27neill")
_PROBES = (
    "wp-login.php",
    ".env",
    ".git/config",
    "phpmyadmin/index.php",
    r"index.php?s=\x22><script>",
    "cgi-bin/luci/;stok=/locale",
)
_GONE = {404: 1.0}

TEMPLATES = (
    Template("crm", "/customers/", ("",), 0, 0, "customer", median_ms=32, body_bytes=1100),
    Template(
        "browser", "/customers/", _FIELDS, 0, 26, "customer", "GET", _BROWSER, 38, body_bytes=1400
    ),
    Template("app", "/customers/", _FIELDS, 0, 38, "customer", "GET", _APP, 34, body_bytes=1100),
    Template("browser", "/customers/city/", ("", "?page=2"), 1, 9, "city", "GET", _BROWSER, 60),
    Template("app", "/customers/city/", ("", "?size=200"), 1, 6, "city", "GET", _APP, 64),
    Template("browser", "/customers", _PAGES, 2, 9, "", "GET", _BROWSER, 48, body_bytes=9000),
    Template("app", "/customers", _PAGES, 2, 4, "", "GET", _APP, 52, body_bytes=9000),
    Template("browser", "/static/", ("app.css", "app.js"), UNROUTED, 5, "", "GET", {304: 0.7}, 1),
    Template("browser", "/favicon.ico", ("",), UNROUTED, 1, "", "GET", {304: 0.5}, 1),
    Template("browser", "/export/customers.csv", ("",), UNROUTED, 1, "", "GET", {206: 0.6}, 90),
    Template(
        "browser", "/customers/", ("/orders",), UNROUTED, 1, "customer", "GET", {404: 0.02}, 70
    ),
    Template("monitor", "/health", ("",), 3, 60, "", office=False, median_ms=1.5, body_bytes=15),
    Template("bot", "/robots.txt", ("",), UNROUTED, 6, office=False, body_bytes=120),
    Template(
        "bot", "/customers/", ("",), 0, 10, "customer", others={401: 0.7, 404: 0.3}, office=False
    ),
    Template("bot", "/", ("", "sitemap.xml"), UNROUTED, 6, "", "HEAD", {404: 0.4}, office=False),
    Template("scanner", "/", _PROBES, UNROUTED, 14, "", "GET", _GONE, 1, office=False),
    Template("scanner", "/xmlrpc.php", ("",), UNROUTED, 4, "", "POST", _GONE, 1, office=False),
)
SYNC = 0
"""Place of the template by which the client `crm-sync` fetches new customers."""

MACHINE_SHARE = 0.15
"""Share of the requests that come evenly around the clock."""
