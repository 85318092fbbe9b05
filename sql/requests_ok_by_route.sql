/* ---
title = "Requests answered with 200, per route"
class = "api"
definition = "Requests answered with status 200 per day, source and route, among n requests of that route. Requests that match no route stand in a row without one."
unit = "requests"
data_source = "Access logs: route and status of each request."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
objective = "It is known which parts of the API are used, before anyone changes or removes them."
business_value = "Shows which operations clients use, and which could be retired."
since = 2026-11-23
review = 2027-11-23
evidence = 'select * from requests where status = 200 order by at, "offset"'
--- */
select
  source,
  route,
  coalesce(sum(requests) filter (where status = 200), 0) as value,
  sum(requests) as n
from request_counts
group by source, route
