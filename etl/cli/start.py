"""Where the process `daytally` begins: what must be set before anything heavy is imported."""

from __future__ import annotations

import atexit
import gc
import os
import sys

COLLECT_EVERY = 400_000
"""Containers made between two searches for unreachable cycles. Python's own 700 would search what
libraries make while they are imported, hundreds of thousands of objects, over and over."""


def start() -> None:
    """Run the command line as a process of its own."""
    gc.set_threshold(COLLECT_EVERY)
    atexit.register(gc.freeze)  # the process ends: its last search would be for nothing
    # No figure comes from linear algebra, yet NumPy's library would start a thread a core for it,
    # and each of them waits for work in a busy loop.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "linux":  # where pyarrow always has it: 50 MB less than its default
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    from etl.cli.main import main

    main()
