/* ---
title = "Requests by HTTP status and route"
class = "errors"
definition = "Requests per day, source, route and status of the answer. Requests that match no route stand in rows without one."
unit = "requests"
data_source = "Access logs: route and status of each request."
owner = "API team"
stakeholders = ["Client teams", "Support"]
objective = "Failures are known to us before clients report them."
business_value = "Shows which operation fails, and whose mistake it is."
since = 2026-11-25
review = 2027-11-25
evidence = 'select * from requests where status is not null order by at, "offset"'
--- */
select source, route, status, sum(requests) as value
from request_counts
where status is not null
group by source, route, status
