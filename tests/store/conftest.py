"""Tables that store tests run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.store.place import Folder
from etl.store.tables import Warehouse
from etl.store.upkeep import FEW
from tests.store.helpers import batch, commit


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """Return a table of one day with `FEW` + 2 small files, of shapes that differ."""
    found = Warehouse(Folder(tmp_path))
    for number in range(1, FEW + 2):
        param = "city" if number % 2 else "customer_id"
        commit(found, number, batch(200, number, param=param))
    commit(found, FEW + 2, batch(500, host=["h"]))
    return found
