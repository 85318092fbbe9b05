/* ---
title = "Bytes sent per resource"
class = "api"
definition = "Bytes sent per day, source and resource: with headers where the log counts them, else of the bodies; n requests say how many. The 50 resources with the most requests and the 50 with the most bytes have a row each, all others one in common, (other), so that the sum is that of the source."
unit = "bytes"
data_source = "Access logs: the first segment of each path."
owner = "API team"
stakeholders = ["Client teams", "Operations"]
objective = "It is known what the API is used for, before anyone changes or removes it."
business_value = "Shows which resources clients use and what they cost in traffic, those without a route too."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests order by coalesce(bytes_sent, body_bytes_sent) desc nulls last"
--- */
with counted as (
  select
    source,
    resource,
    sum(requests) as requests,
    sum(sized) as sized,
    sum(bytes) as bytes
  from request_counts
  group by source, resource
),
placed as (
  select
    *,
    row_number() over (partition by source order by requests desc, resource) as by_requests,
    row_number() over (partition by source order by bytes desc, resource) as by_bytes
  from counted
),
kept as (
  select
    source,
    case when by_requests <= 50 or by_bytes <= 50 then resource else '(other)' end as resource,
    requests,
    sized,
    bytes
  from placed
),
summed as (
  select source, resource, sum(bytes) as value, sum(sized) as n
  from kept
  group by source, resource
)
select source, resource, value, n
from summed
where n > 0
