/* ---
title = "Share of 5xx answers per route"
class = "errors"
definition = "Requests of a route answered with a status from 500 to 599, divided by all its answered requests, per day and source. Failures of ours. Requests that match no route stand in a row without one."
unit = "share"
data_source = "Access logs: route and status of each request."
owner = "API team"
stakeholders = ["Client teams", "Support"]
objective = "Failures are known to us before clients report them."
business_value = "Each one is an answer that a client did not get, whichever of our parts failed."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from requests where status between 500 and 599"
--- */
with counted as (
  select
    source,
    route,
    coalesce(sum(requests) filter (where status between 500 and 599), 0) as numerator,
    sum(requests) as denominator
  from request_counts
  where status is not null
  group by source, route
)
select
  source,
  route,
  cast(numerator as double) / denominator as value,
  numerator,
  denominator,
  denominator as n
from counted
