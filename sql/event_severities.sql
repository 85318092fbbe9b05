/* ---
title = "Events per severity"
class = "errors"
definition = "Events per day, source, application and severity (0 emergency to 7 debug) of those that have one. Applications beyond the 50 with the most events of a source share a row, (other)."
unit = "events"
data_source = "Syslog and application logs: severity and application of each line."
owner = "Operations"
stakeholders = ["Data platform team"]
objective = "Systems that get worse are noticed before they fail."
business_value = "Warnings and errors that grow from day to day announce the outage that they lead to."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from events where severity is not null"
--- */
with counted as (
  select source, app, severity, events
  from event_counts
  where severity is not null
),
apps as (
  select source, app, sum(events) as events
  from counted
  group by source, app
),
placed as (
  select source, app, row_number() over (partition by source order by events desc, app) as place
  from apps
),
kept as (
  select
    c.source,
    case when p.place <= 50 then c.app when c.app is null then c.app else '(other)' end as app,
    c.severity,
    c.events
  from counted c
  left join placed p on c.source = p.source and c.app = p.app
)
select source, app, severity, sum(events) as value
from kept
group by source, app, severity
