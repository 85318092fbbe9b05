"""The one home of boto3: objects listed, read by ranges, written whole or not at all."""

from etl.s3.reader import FIRST_BYTES, RangeReader
from etl.s3.store import SCHEME, ListedObject, S3Options, S3Store, split_address
from etl.s3.writer import ObjectWriter

__all__ = [
    "FIRST_BYTES",
    "SCHEME",
    "ListedObject",
    "ObjectWriter",
    "RangeReader",
    "S3Options",
    "S3Store",
    "split_address",
]
