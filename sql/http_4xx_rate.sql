/* ---
title = "Share of 4xx answers"
class = "errors"
definition = "Requests answered with a status from 400 to 499, divided by all answered requests, per day and source. Mistakes of clients, as the server sees them."
unit = "share"
data_source = "Access logs: the status of each answer."
owner = "API team"
stakeholders = ["Client teams", "Support"]
objective = "Failures are known to us before clients report them."
business_value = "A jump tells of a client that was released with a mistake, of a link that broke, or of somebody who tries doors."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from requests where status between 400 and 499"
--- */
with counted as (
  select
    s.source,
    coalesce(sum(r.requests) filter (where r.status between 400 and 499), 0) as numerator,
    coalesce(sum(r.requests) filter (where r.status is not null), 0) as denominator
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
  denominator as n
from counted
