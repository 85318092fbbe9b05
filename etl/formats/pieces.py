"""Which records are pieces of a longer line, which a container's runtime has split.

Sources: CRI's tags
(https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md), and
Docker's copier, which cuts at 16 KiB and gives a newline to a line's last piece alone
(https://github.com/moby/moby/blob/master/daemon/logger/copier.go).
"""

from __future__ import annotations

from typing import cast

import pyarrow as pa

_PARTIAL = r'"tag":"P[":]'


def cri_pieces(records: pa.RecordBatch) -> int:
    """Count the records that go on in a later one: their tag is P and not F."""
    import pyarrow.compute as pc  # takes as long as reading 30 MB, and few logs are of containers

    return _count(pc.match_substring_regex(records.column("structured_data"), _PARTIAL))


def docker_pieces(records: pa.RecordBatch) -> int:
    """Count the records that go on in a later one: no newline ends their text."""
    import pyarrow.compute as pc

    return _count(pc.invert(pc.ends_with(records.column("message"), "\n")))


def _count(found: pa.BooleanArray) -> int:
    return cast("int", found.true_count)
