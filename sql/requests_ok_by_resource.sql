/* ---
title = "Requests answered with 200, per resource"
class = "api"
definition = "Requests answered with status 200 per day, source and resource: the first segment of the path, of those that match a route."
unit = "requests"
data_source = "Access logs: path and status of each request that matches a route."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
objective = "It is known which data are used, before anyone changes or removes them."
business_value = "Shows for which data clients come, and what a change would touch."
since = 2026-11-23
review = 2027-11-23
evidence = 'select * from requests where status = 200 and route is not null order by at, "offset"'
--- */
select
  source,
  resource,
  coalesce(sum(requests) filter (where status = 200), 0) as value,
  sum(requests) as n
from request_counts
where route is not null
group by source, resource
