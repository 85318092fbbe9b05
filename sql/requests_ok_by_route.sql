/* ---
title = "Requests answered with 200, per route"
class = "api"
unit = "requests"
definition = "Requests answered with status 200 per day, source and route, among n requests of that route. Requests that match no route stand in a row without one."
--- */
select
  source,
  route,
  count(*) filter (where status = 200) as value,
  count(*) as n
from requests
group by source, route
