/* ---
title = "Share of 5xx answers"
class = "errors"
definition = "Requests answered with a status from 500 to 599, divided by all answered requests, per day and source. Failures of ours."
unit = "share"
data_source = "Access logs: the status of each answer."
owner = "API team"
stakeholders = ["Client teams", "Support", "Product owner"]
kpi = true
objective = "Failures are known to us before clients report them."
business_value = "Each one is an answer that a client did not get, whichever of our parts failed."
target = "<= 0.01"
impact = "Clients see an outage: they retry, give up, and call support, whatever else the day's figures say."
runbook = "Look which route and which upstream the first failing rows name, and at what changed before them; 502 and 504 mean the server behind did not answer, 503 that there was too much to do."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from requests where status between 500 and 599"
--- */
with counted as (
  select
    s.source,
    coalesce(sum(r.requests) filter (where r.status between 500 and 599), 0) as numerator,
    coalesce(sum(r.requests) filter (where r.status is not null), 0) as denominator,
    min(r.first_at) filter (where r.status between 500 and 599) as first_at,
    max(r.last_at) filter (where r.status between 500 and 599) as last_at
  from sources s
  left join request_counts r on s.source = r.source
  where s.records = 'requests'
  group by s.source
)
select
  source,
  case when denominator > 0 then cast(numerator as double) / denominator end as value,
  numerator,
  denominator,
  denominator as n,
  first_at,
  last_at
from counted
