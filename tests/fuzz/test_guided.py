"""What `make fuzz` runs guided by coverage: kernels as plain Python read as the reference does."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import REPOSITORY


def test_kernels_as_plain_python_read_samples_as_the_reference_says() -> None:
    """In a process of its own: here the kernels are compiled ones already."""
    command = [sys.executable, "-m", "tests.fuzz.guided"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
