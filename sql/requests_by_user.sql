/* ---
title = "Requests per user"
class = "api"
definition = "Requests per day, source and user name that the server knows. Requests without one stand in a row without one; users beyond the 50 with the most requests share a row, (other)."
unit = "requests"
data_source = "Access logs: the name that the server verified."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
objective = "It is known who depends on the API."
business_value = "Names the partners and services behind the load, so that the right ones are asked."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests"
--- */
with counted as (
  select source, remote_user, sum(requests) as requests
  from client_counts
  group by source, remote_user
),
placed as (
  select
    *,
    row_number() over (partition by source order by requests desc, remote_user) as place
  from counted
),
kept as (
  select source, case when place <= 50 then remote_user else '(other)' end as remote_user, requests
  from placed
)
select source, remote_user, sum(requests) as value
from kept
group by source, remote_user
