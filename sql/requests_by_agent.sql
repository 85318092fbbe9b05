/* ---
title = "Requests per user-agent family"
class = "api"
definition = "Requests per day, source and user-agent family. The 50 families with the most requests and the 50 with the most bytes have a row each, all others one in common, (other), so that the sum is that of the source."
unit = "requests"
data_source = "Access logs: the name in each user agent, and its kind: bot, browser, library, monitor, tool or unknown."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
objective = "It is known which programs depend on the API."
business_value = "Shows who has to be told about a change, and which share of the load are robots and probes."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests"
--- */
with counted as (
  select
    source,
    agent_kind,
    agent_family,
    sum(requests) as requests,
    sum(sized) as sized,
    sum(bytes) as bytes
  from client_counts
  group by source, agent_kind, agent_family
),
placed as (
  select
    *,
    row_number() over (partition by source order by requests desc, agent_kind, agent_family) as by_requests,
    row_number() over (partition by source order by bytes desc, agent_kind, agent_family) as by_bytes
  from counted
),
kept as (
  select
    source,
    case when by_requests <= 50 or by_bytes <= 50 then agent_kind else '(other)' end as agent_kind,
    case when by_requests <= 50 or by_bytes <= 50 then agent_family else '(other)' end as agent_family,
    requests,
    sized,
    bytes
  from placed
)
select source, agent_kind, agent_family, sum(requests) as value
from kept
group by source, agent_kind, agent_family
