/* ---
title = "Bytes sent per route"
class = "api"
definition = "Bytes sent per day, source and route: with headers where the log counts them, else of the bodies; n requests say how many."
unit = "bytes"
data_source = "Access logs: route and size of each answer."
owner = "API team"
stakeholders = ["Client teams", "Operations"]
objective = "It is known what each operation costs."
business_value = "Shows which operations make the traffic."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests order by coalesce(bytes_sent, body_bytes_sent) desc nulls last"
--- */
with summed as (
  select
    source,
    route,
    sum(bytes) as value,
    sum(sized) as n
  from request_counts
  group by source, route
)
select source, route, value, n
from summed
where n > 0
