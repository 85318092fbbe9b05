"""A run's lease on a warehouse in S3: an object that says who works here, renewed while it does.

It is written only on the condition that nobody else has written it meanwhile, and ages by the
server's clock. A run that died leaves it behind: it is taken over when it has not been renewed for
`LEASE_S`, or at once by a run on the same machine, which sees that the process is gone. A run that
was cut off for that long goes on when it wakes up, unaware; docs/exactly-once.md says why that
does no harm.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from secrets import token_hex
from threading import Event, Thread

from loguru import logger

from etl.errors import EtlError
from etl.s3 import S3Store
from etl.store.lock import Held, Holder, Taken, holder_in

LEASE_S = 120
"""A lease that was not renewed for so long is anybody's."""

RENEW_S = 30
"""How often it is renewed: it outlives three losses of that."""


def take_lease(store: S3Store, bucket: str, key: str, me: Holder) -> Held | Taken:
    """Take the lease if it is free, was given back, or ran out.

    Raises:
        StoreError: The object cannot be read or written.
    """
    found = store.read_small(bucket, key)
    if found is not None:
        holder = holder_in(found.body)
        left = LEASE_S - found.age_s
        if holder is not None and left > 0 and not _is_dead(holder, me):
            return Taken(
                holder,
                f"; it was there {max(0, found.age_s):.0f} s ago, and if it died, its lease ends"
                f" in {left:.0f} s",
            )
        if holder is not None:
            logger.bind(holder=str(holder)).warning("took over the lease of a run that died")
    lease = _Lease(store, bucket, key, me)
    if not lease.write(None if found is None else found.etag):
        return Taken(None, ", which came at the same moment")
    lease.start()
    return Held(lease.release)


@dataclass(slots=True)
class _Lease:
    """A lease that is ours, and the thread that keeps it so."""

    store: S3Store
    bucket: str
    key: str
    me: Holder
    token: str = field(default_factory=lambda: token_hex(8))
    etag: str | None = None
    count: int = 0
    done: Event = field(default_factory=Event)
    thread: Thread | None = None

    def write(self, etag: str | None) -> bool:
        """Write who we are in place of the version with this ETag; tell whether that worked."""
        self.count += 1  # makes each version another one, so that none is taken for an older one
        said = asdict(self.me) | {"token": self.token, "count": self.count}
        body = json.dumps(said, sort_keys=True).encode()
        self.etag = self.store.write_if(self.bucket, self.key, body, etag)
        if self.etag is None:  # or it was written, and the answer was lost and asked for again
            now = self.store.read_small(self.bucket, self.key)
            is_ours = now is not None and self.token.encode() in now.body
            self.etag = now.etag if now is not None and is_ours else None
        return self.etag is not None

    def start(self) -> None:
        """Renew the lease from time to time."""
        self.thread = Thread(target=self._renew, name="lease", daemon=True)
        self.thread.start()

    def release(self) -> None:
        """Give it back, so that the next run need not wait; nothing is raised."""
        self.done.set()
        if self.thread is not None:
            self.thread.join()
        if self.etag is None:
            return
        try:
            self.store.write_if(self.bucket, self.key, b'{"free": true}\n', self.etag)
        except EtlError as error:
            logger.warning(f"the lease could not be given back and runs out by itself: {error}")

    def _renew(self) -> None:
        while not self.done.wait(RENEW_S):
            try:
                if self.write(self.etag):
                    continue
            except EtlError as error:
                logger.warning(f"the lease could not be renewed; trying again: {error}")
                continue
            logger.warning("another run took over the lease; both go on, and one will plan again")
            return


def _is_dead(holder: Holder, me: Holder) -> bool:
    """Tell whether a process of this machine is known to have ended."""
    if not me.machine or holder.machine != me.machine:
        return False
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
