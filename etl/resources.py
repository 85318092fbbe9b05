"""Finds the folders that ship beside the code: `sql/` and `reports/`.

A checkout and an editable install have them at the root of the repository, beside `etl/`; an
installed wheel has them inside the package, under `etl/_resources/`.
"""

from __future__ import annotations

from pathlib import Path

from etl.errors import FatalError

PACKAGE = Path(__file__).resolve().parent
"""The folder of the package `etl`."""


def resource_folder(name: str, *, package: Path = PACKAGE) -> Path:
    """Return the folder of built-in files called `name`.

    Args:
        name: `sql` or `reports`.
        package: Where the package lies; only tests say otherwise.

    Raises:
        FatalError: Neither place has the folder, so the installation is damaged.
    """
    # The wheel's copy goes first: beside an installed package lies site-packages, where a folder
    # called `sql` or `reports` would be somebody else's.
    places = (package / "_resources" / name, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    looked = " and ".join(str(place) for place in places)
    raise FatalError(
        f"the built-in folder '{name}' is missing: looked for {looked}. "
        "The installation is damaged. Run: pip install --force-reinstall daytally"
    )


def sql_folder() -> Path:
    """Return the folder of the built-in metrics."""
    return resource_folder("sql")


def templates_folder() -> Path:
    """Return the folder of the built-in report templates."""
    return resource_folder("reports")
