"""Refuses records that are dated later than a run can know: their stamps are wrong.

They would make days of their own, which never end and are never told. A clock that is minutes
ahead and a zone that is hours off are no reason: a line refused is refused for good, so that the
tolerance is meant for what no clock and no zone can explain.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from etl.days import MICROSECOND, to_micros
from etl.model import RAW_LIMIT, Block, ParsedBlock, RejectReason

_HOUR = timedelta(hours=1) // MICROSECOND


def refuse_future(
    parsed: ParsedBlock, block: Block, now: datetime, tolerance: timedelta
) -> ParsedBlock:
    """Turn records dated after `now + tolerance` into rejects; `parsed` itself if there are none.

    Args:
        parsed: What the block became; `at` in UTC microseconds, `offset` ascending.
        block: Its bytes.
        now: The run's time, UTC.
        tolerance: How far after it a record may be dated.

    Returns:
        Records and rejects in the order of their lines; counts that balance as before. Of the
        records that are left, as many may be counted as drifted or lossy as were before.
    """
    if parsed.records.num_rows == 0:
        return parsed
    stamps = parsed.records.column("at").view(pa.int64()).to_numpy()
    limit = to_micros(now) + tolerance // MICROSECOND
    if int(stamps.max()) <= limit:
        return parsed
    rows = np.flatnonzero(stamps > limit)
    offsets = parsed.records.column("offset").to_numpy()[rows]
    refused = pa.record_batch(
        [
            [RejectReason.FUTURE_TIMESTAMP.value] * rows.size,
            [_detail(ahead) for ahead in (stamps[rows] - to_micros(now)).tolist()],
            [_line_at(block, int(offset)) for offset in offsets],
            offsets,
        ],
        schema=parsed.rejects.schema,
    )
    both = pa.Table.from_batches([parsed.rejects, refused])
    in_order = both.sort_by("offset").combine_chunks().to_batches()
    counts = parsed.counts
    left = counts.records - rows.size
    return ParsedBlock(
        records=parsed.records.take(pa.array(np.flatnonzero(stamps <= limit))),
        rejects=in_order[0],
        counts=replace(
            counts,
            records=left,
            rejects=counts.rejects + rows.size,
            drifted=min(counts.drifted, left),
            lossy=min(counts.lossy, left),
        ),
    )


def _detail(ahead: int) -> str:
    # Rounded, so that the refusals of one cause are one group.
    hours = ahead // _HOUR
    far = f"{hours // 24:,} days" if hours >= 48 else f"{hours} hour{'s' * (hours != 1)}"
    return f"dated {far} after the run that read it" if hours else "dated after the run"


def _line_at(block: Block, offset: int) -> bytes:
    """Return the line that starts at an offset of the input, without its end."""
    start = offset - block.offset
    window = block.data[start : min(block.size, start + RAW_LIMIT)]
    ends = np.flatnonzero(window == ord("\n"))
    raw: bytes = window[: ends[0] if ends.size else None].tobytes()
    return raw.removesuffix(b"\r")
