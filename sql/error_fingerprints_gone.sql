/* ---
title = "Errors of yesterday that are gone"
class = "errors"
definition = "Events that the day before had of severity error or worse, per source and fingerprint, of those fingerprints that the day has not. A source without any event on the day has no gone ones. Fingerprints beyond the 50 most frequent of a source share a row, (other)."
unit = "events"
data_source = "Syslog and application logs: severity and message of each line."
owner = "Operations"
stakeholders = ["Data platform team"]
objective = "Every kind of error is known, and has somebody who looks at it."
business_value = "Shows that a fix worked, or that a system no longer gets as far as its error."
since = 2026-11-25
review = 2027-11-25
lookback_days = 1
evidence = """
select at, source, app, severity, coalesce(fingerprint, '') as fingerprint, input_id, "offset"
from events_before where severity <= 3"""
--- */
with counted as (
  select
    source,
    fingerprint,
    sum(events) as events,
    min(first_at) as first_at,
    max(last_at) as last_at
  from fingerprints_before
  where severity <= 3
  group by source, fingerprint
),
present as (
  select distinct source, fingerprint, 1 as seen
  from fingerprints
  where severity <= 3
),
gone as (
  select c.source, c.fingerprint, c.events, c.first_at, c.last_at
  from counted c
  join (select distinct source from event_counts) t on c.source = t.source
  left join present p on c.source = p.source and c.fingerprint = p.fingerprint
  where p.seen is null
),
placed as (
  select
    *,
    row_number() over (partition by source order by events desc, fingerprint) as place
  from gone
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
