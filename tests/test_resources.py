"""The built-in folders are found wherever the package was put."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.errors import FatalError
from etl.resources import resource_folder, sql_folder, templates_folder


def test_a_checkout_has_them_beside_the_package(repository: Path) -> None:
    assert sql_folder() == repository / "sql"
    assert templates_folder() == repository / "reports"


def test_a_wheel_has_them_inside_and_looks_there_first(tmp_path: Path) -> None:
    """Beside an installed package lies site-packages, and a `sql` there is somebody else's."""
    package = tmp_path / "etl"
    (package / "_resources" / "sql").mkdir(parents=True)
    (tmp_path / "sql").mkdir()
    (tmp_path / "reports").mkdir()
    assert resource_folder("sql", package=package) == package / "_resources" / "sql"
    assert resource_folder("reports", package=package) == tmp_path / "reports"


def test_a_damaged_installation_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"'sql' is missing.*pip install") as caught:
        resource_folder("sql", package=tmp_path / "etl")
    assert str(tmp_path) in str(caught.value)
