/* ---
title = "Requests per route"
class = "api"
definition = "Requests per day, source and route. Requests that match no route stand in a row without one."
unit = "requests"
data_source = "Access logs: the route of each request."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
objective = "It is known which parts of the API are used, before anyone changes or removes them."
business_value = "Shows which operations clients use most."
since = 2026-11-25
review = 2027-11-25
evidence = 'select * from requests order by at, "offset"'
--- */
select source, route, sum(requests) as value
from request_counts
group by source, route
