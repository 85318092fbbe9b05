r"""Paths as templates: what varies from path to path becomes a parameter.

Two steps. A segment that is an id by its looks (a number, a UUID, a hash, a date, letters and
three digits or more) becomes `{id}`. Then, from the first segment to the last, where many different
segments follow the same beginning, all but those with a fair share of the requests become
`{name}`. The first step is a regex per path, the second a few groupings: linear, and bounded by
`MOST_TEMPLATES` and `DEEPEST`.
"""

from __future__ import annotations

import polars as pl

ID, NAME = "{id}", "{name}"

MANY = 20
"""So many different segments at one place are a parameter."""

FAIR_SHARES = (0.005, 0.05)
"""A segment with so much of its place's requests keeps its name: a first one, a later one."""

MOST_TEMPLATES = 50_000
"""Templates of a source that the second step looks at: those with the most requests."""

OTHER = "(other)"
"""Template of all requests whose template the second step does not look at."""

DEEPEST = 8
"""Segments that are looked at; what comes behind is `/…`."""

LONGEST_PATH = 500

_ENDING = r"(?:\.[A-Za-z][A-Za-z0-9]{0,4})?"
_IDS = "|".join(
    (
        rf"[+-]?\d+{_ENDING}",
        rf"[0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}{_ENDING}",
        rf"[0-9a-fA-F]{{12,}}{_ENDING}",
        r"\d{4}-\d\d(?:-\d\d)?(?:T[\d:.Z+-]*)?",
        r"[A-Za-z]{0,16}[_.:-]?\d{3,}[\w.:-]*",
        rf"\w*\d{{5,}}\w*{_ENDING}",
        r"[A-Za-z0-9_=~%-]{32,}",
        r"[^@/]+@[^@/]+\.[A-Za-z]+",
    )
)
_SEGMENT = f"/(?:{_IDS})/"

TEMPLATES = pl.Schema(
    {
        "source": pl.String(),
        "template": pl.String(),
        "requests": pl.Int64(),
        "answered": pl.Int64(),
        "example": pl.String(),
    }
)
"""Columns of `unrouted`; `answered` counts statuses below 400, `example` is one of the paths."""


def paths(requests: pl.LazyFrame) -> pl.LazyFrame:
    """Return the requests that match no route, by source and path, as plain queries count them."""
    unmatched = requests.filter(pl.col("route").is_null() & pl.col("path").is_not_null())
    return unmatched.group_by("source", pl.col("path").str.slice(0, LONGEST_PATH)).agg(
        requests=pl.len().cast(pl.Int64),
        answered=pl.col("status").lt(400).sum().cast(pl.Int64),
    )


def unrouted(paths: pl.LazyFrame) -> pl.LazyFrame:
    """Return the requests that match no route, by source and template.

    Args:
        paths: The same by path: `source, path, requests, answered`.
    """
    short = paths.with_columns(pl.col("path").str.slice(0, LONGEST_PATH))
    ids = short.group_by("source", template=with_ids("path")).agg(
        pl.col("requests", "answered").sum(), example=pl.col("path").min()
    )
    return ids.map_batches(_clustered, schema=TEMPLATES)


def with_ids(column: str) -> pl.Expr:
    """Return paths in which segments that look like ids are `{id}`."""
    # Each segment gets slashes of its own, so that neighbours do not have to share one.
    apart = pl.concat_str(pl.col(column).str.replace_all("/", "//", literal=True), pl.lit("/"))
    return (
        apart.str.replace_all(_SEGMENT, f"/{ID}/")
        .str.replace_all("//", "/", literal=True)
        .str.strip_suffix("/")
    )


def _clustered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return templates in which segments that vary much are `{name}`."""
    rows = rows.sort("requests", "template", descending=[True, False])
    place = pl.int_range(pl.len()).over("source")
    first, rest = rows.filter(place < MOST_TEMPLATES), rows.filter(place >= MOST_TEMPLATES)
    parts = pl.col("template").str.split("/")
    shown = first.with_columns(
        parts=parts.list.slice(1, DEEPEST),
        deeper=parts.list.len() > DEEPEST + 1,
        prefix=parts.list.first(),  # nothing, save of what is no path: `*`, `http:`
    )
    for level in range(DEEPEST):
        shown = _one_level(shown, level)
    end = pl.when("deeper").then(pl.lit("/…")).otherwise(pl.lit(""))
    merged = shown.with_columns(template=pl.col("prefix") + end).select(TEMPLATES.names())
    return (
        pl.concat([merged, _by_head(rest, first)], how="vertical_relaxed")
        .group_by("source", "template")
        .agg(pl.col("requests", "answered").sum(), pl.col("example").min())
        .sort("source", "requests", "template", descending=[False, True, False])
        .select(TEMPLATES.names())
        .match_to_schema(TEMPLATES)
    )


def _by_head(rows: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Return the other templates by their first segment, where it is one of a kept template."""
    head = pl.col("template").str.extract(r"^(/[^/]*)")
    kept = first.select("source", head=head).unique()
    return (
        rows.with_columns(head=head)
        .join(kept.with_columns(told=pl.col("head") + "/…"), on=["source", "head"], how="left")
        .with_columns(template=pl.coalesce("told", pl.lit(OTHER)))
        .select(TEMPLATES.names())
    )


def _one_level(shown: pl.DataFrame, level: int) -> pl.DataFrame:
    """Add the segment of one level to the prefixes, under its name or as a parameter."""
    segment = pl.col("parts").list.get(level, null_on_oob=True).alias("segment")
    shown = shown.with_columns(segment)
    place = ["source", "prefix"]
    counted = (
        shown.filter(pl.col("segment").is_not_null())
        .group_by(*place, "segment")
        .agg(pl.col("requests").sum().alias("here"))
        .with_columns(
            kinds=pl.len().over(place),
            # One place, one parameter: two of them would be routes for the same paths.
            parameter=pl.when((pl.col("segment") == ID).any().over(place))
            .then(pl.lit(ID))
            .otherwise(pl.lit(NAME)),
            share=pl.col("here") / pl.col("here").sum().over(place),
        )
    )
    varies = (pl.col("kinds") > MANY) & (pl.col("share") < FAIR_SHARES[min(level, 1)])
    named = counted.select(
        *place,
        "segment",
        told=pl.when(varies).then("parameter").otherwise("segment"),
    )
    return (
        shown.join(named, on=[*place, "segment"], how="left", nulls_equal=True)
        .with_columns(
            prefix=pl.col("prefix")
            + pl.when(pl.col("told").is_null())
            .then(pl.lit(""))
            .otherwise(pl.lit("/") + pl.col("told"))
        )
        .drop("segment", "told")
    )
