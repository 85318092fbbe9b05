"""How the warehouse's tables are laid out."""

from __future__ import annotations

PARTITIONS = {
    "requests": ["day", "source"],
    "events": ["day", "source"],
    "rejects": ["day", "source"],
    "inputs": [],
    "measurements": ["day"],
    "restatements": ["day"],
    "metric_runs": ["day"],
    "chain_objects": ["day"],
    "chain_waits": ["day"],
    "slow_requests": ["day"],
    "message_samples": ["day"],
    "incident_log": [],
    "mail_log": [],
    "retired": [],
}
"""Each table's partition columns."""

PROPERTIES = {
    "delta.checkpointInterval": "10",
    "delta.enableExpiredLogCleanup": "false",
}
"""Whoever opens a table reads the commits since the checkpoint: each is a request where it is in
S3. Upkeep removes what of the log is old; to look for it at each commit would list the whole."""
