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
--- */
select
  source,
  resource,
  count(*) filter (where status = 200) as value,
  count(*) as n
from requests
where route is not null
group by source, resource
