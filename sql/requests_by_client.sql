/* ---
title = "Requests per client"
class = "api"
definition = "Requests per day, source and client. The 50 clients with the most requests and the 50 with the most bytes have a row each, all others one in common, (other), so that the sum is that of the source."
unit = "requests"
data_source = "Access logs: the client's address, as it is stored."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
objective = "No client can use up what is meant for all."
business_value = "Names the clients that make most of the load, before a limit or a talk is needed."
since = 2026-11-25
review = 2027-11-25
evidence = "select *, remote_addr as client from requests"
--- */
with counted as (
  select
    source,
    remote_addr as client,
    sum(requests) as requests,
    sum(sized) as sized,
    sum(bytes) as bytes
  from client_counts
  group by source, remote_addr
),
placed as (
  select
    *,
    row_number() over (partition by source order by requests desc, client) as by_requests,
    row_number() over (partition by source order by bytes desc, client) as by_bytes
  from counted
),
kept as (
  select
    source,
    case when by_requests <= 50 or by_bytes <= 50 then client else '(other)' end as client,
    requests,
    sized,
    bytes
  from placed
)
select source, client, sum(requests) as value
from kept
group by source, client
