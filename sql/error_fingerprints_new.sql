/* ---
title = "Errors that are new since yesterday"
class = "errors"
definition = "Events of severity error or worse per source and fingerprint, of those fingerprints that the day before did not have. A source without any event on the day before has no new ones. Fingerprints beyond the 50 most frequent of a source share a row, (other)."
unit = "events"
data_source = "Syslog and application logs: severity and message of each line."
owner = "Operations"
stakeholders = ["Data platform team"]
objective = "Every kind of error is known, and has somebody who looks at it."
business_value = "What was not there yesterday is what yesterday's change broke."
since = 2026-11-25
review = 2027-11-25
lookback_days = 1
better = "lower"
evidence = """
select at, source, app, severity, coalesce(fingerprint, '') as fingerprint, input_id, "offset"
from events where severity <= 3"""
--- */
with counted as (
  select
    source,
    fingerprint,
    sum(events) as events,
    min(first_at) as first_at,
    max(last_at) as last_at
  from fingerprints
  where severity <= 3
  group by source, fingerprint
),
known as (
  select distinct source, fingerprint, 1 as seen
  from fingerprints_before
  where severity <= 3
),
fresh as (
  select c.source, c.fingerprint, c.events, c.first_at, c.last_at
  from counted c
  join (select distinct source from events_before) b on c.source = b.source
  left join known k on c.source = k.source and c.fingerprint = k.fingerprint
  where k.seen is null
),
placed as (
  select
    *,
    row_number() over (partition by source order by events desc, fingerprint) as place
  from fresh
),
kept as (
  select
    source,
    case when place <= 50 then fingerprint else '(other)' end as fingerprint,
    events,
    first_at,
    last_at
  from placed
)
select
  source,
  fingerprint,
  sum(events) as value,
  min(first_at) as first_at,
  max(last_at) as last_at
from kept
group by source, fingerprint
