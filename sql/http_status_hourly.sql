/* ---
title = "Requests by HTTP status and hour"
class = "errors"
definition = "Requests per source, status of the answer and local hour of the day. On a day on which the clock changes, hours carry their offset, so that a repeated hour counts as two."
unit = "requests"
data_source = "Access logs: the status of each answer and its time in the project's zone."
owner = "API team"
stakeholders = ["Operations"]
objective = "The hour in which a failure began is known at once."
business_value = "Saves the search for the time window when errors have to be matched with deployments and jobs."
since = 2026-11-23
review = 2027-11-23
evidence = 'select * from requests where status is not null order by at, "offset"'
--- */
select source, hour, status, sum(requests) as value
from request_counts
where status is not null
group by source, hour, status
