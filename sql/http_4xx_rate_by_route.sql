/* ---
title = "Share of 4xx answers per route"
class = "errors"
definition = "Requests of a route answered with a status from 400 to 499, divided by all its answered requests, per day and source. Mistakes of clients, as the server sees them. Requests that match no route stand in a row without one."
unit = "share"
data_source = "Access logs: route and status of each request."
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
    source,
    route,
    coalesce(sum(requests) filter (where status between 400 and 499), 0) as numerator,
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
