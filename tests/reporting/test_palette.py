"""Every pair of colours that text is set in has the contrast that WCAG AA asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

VERDICTS = ("met", "missed", "incomplete", "no_data")
TEXT = [
    *[(ink, ground) for ink in ("ink", "quiet", "link") for ground in ("page", "card")],
    *[(verdict, f"{verdict}-soft") for verdict in VERDICTS],  # badges, banner, calendar
    *[(verdict, "card") for verdict in VERDICTS],  # badges inside the banner
    *[(ink, f"{verdict}-soft") for ink in ("ink", "link") for verdict in VERDICTS],
    *[("heat-ink", f"h{level}") for level in (1, 2, 3, 4)],
]
PICTURES = [("trend", "card"), ("missed", "card"), ("quiet", "card")]


def channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes(templates: Path) -> dict[str, dict[str, str]]:
    """Return the colours of the style sheet: light, dark, and print on top of light."""
    css = (templates / "style.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", b)) for b in blocks)
    assert set(light) == set(dark)
    return {"light": light, "dark": dark, "print": light | paper}


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_can_be_read(scheme: str, templates: Path) -> None:
    colours = palettes(templates)[scheme]
    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in TEXT}
    assert not {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5}


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_lines_of_charts_can_be_seen(scheme: str, templates: Path) -> None:
    colours = palettes(templates)[scheme]
    assert all(contrast(colours[a], colours[b]) >= 3 for a, b in PICTURES)


def test_the_mail_can_be_read(templates: Path) -> None:
    text = (templates / "mail.html").read_text("utf-8")
    plain = dict(re.findall(r'set (\w+) = "(#[0-9a-f]{6})"', text))
    tone, soft = (
        dict(re.findall(r'"(\w+)": "(#[0-9a-f]{6})"', block))
        for block in re.findall(r"set (?:tone|soft) = (\{.*?\})", text)
    )
    pairs = [(plain[i], plain[g]) for i in ("ink", "quiet", "link") for g in ("page", "card")]
    pairs += [(tone[v], ground) for v in tone for ground in (soft[v], plain["card"])]
    pairs += [(plain[ink], soft[v]) for v in soft for ink in ("ink", "link")]
    assert not [pair for pair in pairs if contrast(*pair) < 4.5]


def test_the_formula_gives_the_known_extremes() -> None:
    assert round(contrast("#000000", "#ffffff"), 6) == 21
    assert contrast("#777777", "#777777") == 1
    assert 4.47 < contrast("#777777", "#ffffff") < 4.49
