"""Where the process `daytally` begins: what must be set before anything heavy is imported."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys

COLLECT_EVERY = 400_000
"""Containers made between two searches for unreachable cycles. Python's own 700 would search what
libraries make while they are imported, hundreds of thousands of objects, over and over."""

LARGE_BYTES = 4 << 20
"""Memory from this size on goes back to the system when it is freed. The C library would raise the
limit, at the first such block, to 32 MB, and what threads free and take by turns then leaves holes:
an input of 10 GB would need 30 MB more than one of 1 GB."""

SPARE_BYTES = 16 << 20
"""Freed memory of the heap that is kept for the next one to ask: each page that went back to the
system is cleared anew, which takes longer than most of what is done with it."""

# https://man7.org/linux/man-pages/man3/mallopt.3.html
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


class _Unwanted:
    """Has `import pandas` fail as where it is not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise for pandas; leave all others to those who find them.

        Raises:
            ModuleNotFoundError: It is pandas.
        """
        if name == "pandas":
            raise ModuleNotFoundError("Daytally does without pandas", name=name)


def start() -> None:
    """Run the command line as a process of its own."""
    gc.set_threshold(COLLECT_EVERY)
    atexit.register(gc.freeze)  # the process ends: its last search would be for nothing
    # No figure comes from linear algebra, yet NumPy's library would start a thread a core for it,
    # and each of them waits for work in a busy loop.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pyarrow looks for pandas when it makes its first array, and loads it where an environment has
    # it for others: 0.15 s and 40 MB, for nothing.
    sys.meta_path.insert(0, _Unwanted())
    if sys.platform == "linux":
        _keep_memory_low()
    from etl.cli.main import main

    main()


def _keep_memory_low() -> None:
    """Set up what gives out memory, before anything large asks for it."""
    # Linux is where pyarrow always has jemalloc, which takes 50 MB less than pyarrow's default.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # musl's C library has no such thing
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, LARGE_BYTES)
        set_option(_M_TRIM_THRESHOLD, SPARE_BYTES)
