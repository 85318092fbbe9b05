"""Fields taken out of the lines of all published logs are those that the reference takes."""

from __future__ import annotations

import pyarrow as pa
import pytest

from etl.formats.message import compile_message
from etl.parse.messages import MessageExtractor
from tests.conftest import EXAMPLES
from tests.parse import logs, reference_messages
from tests.parse.helpers import read_log
from tests.parse.test_any_message import assert_same
from tests.parse.test_published_logs import FOREIGN, NAMED

KEYS = {
    "uid": ("uid", "integer"),
    "pid": ("pid", "integer"),
    "port": ("port", "number"),
    "status": ("status", "integer"),
    "rhost": ("rhost", "text"),
    "user": ("user", "text"),
    "level": ("level", "text"),
    "msg": ("msg", "text"),
    "client": ("client", "text"),
    "request": ("request", "text"),
    "took": ("rt", "duration"),
    "ok": ("success", "boolean"),
    "nested": ("request.method", "text"),
}
"""Names that logs have, and what they are taken for."""
TYPES = {column: kind for column, (_, kind) in KEYS.items()}
NAMES = {column: name for column, (name, _) in KEYS.items()}
LINES = 2000 if EXAMPLES >= 100 else 200
"""The reference is slow; of longer logs it reads every n-th line."""


@pytest.mark.parametrize("kind", ["logfmt", "pairs", "json"])
def test_lines_of_real_logs_give_the_fields_that_the_reference_says(kind: str) -> None:
    message = compile_message(kind, TYPES, NAMES)
    extractor = MessageExtractor(message)
    filled = 0
    for name in [*NAMED, *FOREIGN, *(name for name, *_ in logs.published())]:
        lines = read_log(name).decode("utf-8", "replace").split("\n")
        texts = lines[:: len(lines) // LINES + 1]
        columns = extractor.extract(pa.array(texts, pa.string()))
        rows = zip(*(columns[column].to_pylist() for column in TYPES), strict=True)
        for text, row in zip(texts, rows, strict=True):
            found = {c: value for c, value in zip(TYPES, row, strict=True) if value is not None}
            assert_same(found, reference_messages.extract(kind, text, TYPES, message.keys))
            filled += len(found)
    assert filled > 100
