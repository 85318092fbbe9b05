/* ---
title = "HTTP 500 answers"
class = "errors"
definition = "Requests answered with status 500, per day and source."
unit = "requests"
data_source = "Access logs: the status of each answer."
owner = "API team"
stakeholders = ["Client teams", "Support", "Product owner"]
kpi = true
objective = "Whoever asks for a customer gets an answer."
business_value = "Each one is a customer record that a client asked for and did not get."
target = "<= 2"
impact = "Clients retry, call support, and lose trust in the data."
runbook = "Open the incident's first and last row, group them by route and by minute, and compare with deployments and with the server's error log of that time."
since = 2026-11-23
review = 2027-11-23
better = "lower"
evidence = 'select * from requests where status = 500 order by at, "offset"'
--- */
select
  s.source,
  coalesce(sum(r.requests) filter (where r.status = 500), 0) as value,
  coalesce(sum(r.requests), 0) as n,
  min(r.first_at) filter (where r.status = 500) as first_at,
  max(r.last_at) filter (where r.status = 500) as last_at
from sources s
left join request_counts r on s.source = r.source
where s.records = 'requests'
group by s.source
