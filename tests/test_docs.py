"""The README and the help say what there is: no command without a word about it."""

from __future__ import annotations

import click
import pytest

from etl.cli import main
from tests.source_code import ROOT


def test_every_command_has_a_section_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    headings = [line for line in readme.splitlines() if line.startswith("### daytally ")]
    assert headings == [f"### daytally {name}" for name in main.commands]


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_and_option_has_help(name: str) -> None:
    command = main.commands[name]
    assert command.help
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help and not each.hidden] == []


def test_every_option_has_the_variable_that_its_name_suggests() -> None:
    """`run --send` is DAYTALLY_RUN_SEND; click would name it after the function's argument."""
    wrong = {}
    for name, command in main.commands.items():
        for option in command.params:
            if isinstance(option, click.Option):
                flag = max(option.opts, key=len).lstrip("-").replace("-", "_")
                suggested = f"DAYTALLY_{name}_{flag}".upper()
                read = option.envvar or f"DAYTALLY_{name}_{option.name}".upper()
                if read != suggested:
                    wrong[suggested] = read
    assert wrong == {}
