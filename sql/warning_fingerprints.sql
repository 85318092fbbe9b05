/* ---
title = "Kinds of warnings"
class = "errors"
definition = "Events of severity warning (4) per day, source and fingerprint: the message with the parts masked that vary: numbers, ids, addresses, quoted text. Fingerprints beyond the 50 most frequent of a source share a row, (other)."
unit = "events"
data_source = "Syslog and application logs: severity and message of each line."
owner = "Operations"
stakeholders = ["Data platform team"]
objective = "Every kind of error is known, and has somebody who looks at it."
business_value = "Today's warning is often tomorrow's error, with more time to act."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = """
select at, source, app, severity, coalesce(fingerprint, '') as fingerprint, input_id, "offset"
from events where severity = 4"""
--- */
with counted as (
  select
    source,
    fingerprint,
    sum(events) as events,
    min(first_at) as first_at,
    max(last_at) as last_at
  from fingerprints
  where severity = 4
  group by source, fingerprint
),
placed as (
  select
    *,
    row_number() over (partition by source order by events desc, fingerprint) as place
  from counted
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
