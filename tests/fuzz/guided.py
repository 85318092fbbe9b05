"""A fuzz run of the kernels that is guided by which of their lines and branches were reached.

`python -m tests.fuzz.guided` reads the sample of each built-in format by the kernels as plain
Python, and holds them against the slow reference. `… FOLDER -max_total_time=600` goes on with what
atheris makes of the samples and of what it kept in the folder, and takes libFuzzer's options; what
fails is written to a file `crash-…`, which, given instead of a folder, fails again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz import plain


def _reader(names: list[str]) -> Callable[[bytes], None]:
    """Return what reads bytes by the format that the first one chooses, and compares."""
    from etl.formats.registry import compile_format
    from tests.parse.helpers import assert_same, block, parser

    formats = [compile_format(builtin=name) for name in names]
    parsers = [parser(each) for each in formats]

    def read(data: bytes) -> None:
        if not data:
            return
        chosen, lines = data[0] % len(formats), data[1:]
        made = parsers[chosen] if formats[chosen].header is None else parser(formats[chosen])
        assert_same(formats[chosen], lines, made.parse(block(lines)))

    return read


def _samples() -> dict[str, bytes]:
    import tomllib

    path = Path(__file__).parents[1] / "cases" / "builtin" / "samples.toml"
    return {name: case["line"].encode() for name, case in tomllib.loads(path.read_text()).items()}


def _main(words: list[str]) -> None:
    plain.install()
    samples = _samples()
    names = sorted(samples)
    seeds = [bytes([number]) + samples[name] for number, name in enumerate(names)]
    if not words:
        read_plainly = _reader(names)
        for seed in seeds:
            read_plainly(seed + b"\nx\n")
        return
    import atheris

    with atheris.instrument_imports(include=["etl.parse"]):
        read = _reader(names)
    folder = Path(words[0])
    if not folder.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for name, seed in zip(names, seeds, strict=True):
            (folder / f"sample-{name.replace(':', '-')}").write_bytes(seed)
    fuzzer: Any = atheris
    fuzzer.Setup([sys.argv[0], *words], read)
    fuzzer.Fuzz()


if __name__ == "__main__":
    _main(sys.argv[1:])
