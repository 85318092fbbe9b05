/* ---
title = "Bytes sent per kind of client"
class = "api"
definition = "Bytes sent per day, source and kind of client: with headers where the log counts them, else of the bodies; n requests say how many."
unit = "bytes"
data_source = "Access logs: the user agent, and the size of each answer."
owner = "API team"
stakeholders = ["Product owner", "Operations"]
objective = "Figures about users are about users, and not about robots."
business_value = "Shows what robots cost in traffic."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests order by coalesce(bytes_sent, body_bytes_sent) desc nulls last"
--- */
with summed as (
  select
    source,
    agent_kind,
    sum(bytes) as value,
    sum(sized) as n
  from client_counts
  group by source, agent_kind
)
select source, agent_kind, value, n
from summed
where n > 0
