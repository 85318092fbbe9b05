from __future__ import annotations

from pathlib import Path

import pytest

from etl.reporting import Site
from etl.resources import templates_folder
from tests.reporting.statements import ZONE


@pytest.fixture(scope="session")
def templates() -> Path:
    return templates_folder()


@pytest.fixture(scope="session")
def site(templates: Path) -> Site:
    return Site("Customer hub", ZONE, templates)
