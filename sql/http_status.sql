/* ---
title = "Requests by HTTP status"
class = "errors"
definition = "Requests per day, source and status of the answer."
unit = "requests"
data_source = "Access logs: the status of each answer."
owner = "API team"
stakeholders = ["Client teams", "Support"]
objective = "Failures are known to us before clients report them."
business_value = "Separates mistakes of clients (4xx) from ours (5xx), so that the right team is asked."
since = 2026-11-23
review = 2027-11-23
evidence = 'select * from requests where status is not null order by at, "offset"'
--- */
select source, status, sum(requests) as value
from request_counts
where status is not null
group by source, status
