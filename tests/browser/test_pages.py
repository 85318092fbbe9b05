"""The pages as a reader sees them: complete, legible, on a phone, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.source_code import ROOT

pytestmark = pytest.mark.extra

DAYTALLY = Path(sys.executable).with_name("daytally")
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
# No sandbox: CI runs as root in a container. No shared memory: there it is too small for Chromium.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

FAULTY_DAY = "2026-03-27"  # a log is missing: the page with most to say
PAGES = [
    "index.html",
    f"{FAULTY_DAY}/index.html",
    "2026-03-29/index.html",
    "catalogue.html",
    "incidents.html",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report on the demo; return the folder of the pages."""
    demo = tmp_path_factory.mktemp("browser") / "demo"
    subprocess.run([DAYTALLY, "demo", demo, "--lines", "6000"], check=True, capture_output=True)
    command = [DAYTALLY, "--project", demo, "run", "--since", "2026-03-16", "--until", "2026-03-29"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 3), done.stderr
    return demo / "out"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    assert CHROMIUM.exists(), "The browser tests need Chromium. Run: make test-all"
    assert AXE.exists(), "The browser tests need axe-core. Run: make test-all"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_no_network_and_complains_of_nothing(
    browser: Browser, out: Path, name: str
) -> None:
    page, requested, complaints = browser.new_page(), [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    _open(page, out, name)
    assert complaints == []
    assert [url for url in requested if not url.startswith("file://")] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_the_same_without_scripts(browser: Browser, out: Path, name: str) -> None:
    texts = []
    for scripts in (True, False):
        page = browser.new_context(java_script_enabled=scripts).new_page()
        _open(page, out, name)
        texts.append(page.inner_text("body"))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_never_scrolls_sideways(browser: Browser, out: Path, name: str, width: int) -> None:
    """A wide table may scroll in its own frame; the page does not."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    _open(page, out, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_everyone(
    browser: Browser, out: Path, name: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme=scheme)
    _open(page, out, name)
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    assert found["passes"]
    assert [_finding(each) for each in found["violations"]] == []


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_that_is_there(browser: Browser, out: Path, name: str) -> None:
    page = browser.new_page()
    _open(page, out, name)
    links = page.eval_on_selector_all(
        "a[href]", "all => all.map(each => each.getAttribute('href'))"
    )
    local = {link.partition("#")[0] for link in links if "://" not in link} - {""}
    assert [link for link in local if not (out / name).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("width", [360, 800])
def test_a_mail_breaks_no_verdict_and_never_scrolls_sideways(browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    _open(page, ROOT / "tests" / "golden" / "mail", "mail.html")
    lines_of = "all => all.map(each => [each.innerText, each.getClientRects().length])"
    verdicts = page.eval_on_selector_all("td > b:first-child", lines_of)
    assert {"missed", "met"} <= {text.split()[-1] for text, _ in verdicts}
    assert [text for text, lines in verdicts if lines > 1] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def _open(page: Page, out: Path, name: str) -> None:
    page.goto((out / name).as_uri(), wait_until="load")


def _finding(violation: dict[str, list[dict[str, object]]]) -> str:
    places = ", ".join(str(node["target"]) for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']} at {places}"
