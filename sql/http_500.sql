/* ---
title = "HTTP 500 answers"
class = "errors"
kpi = true
unit = "requests"
owner = "API team"
definition = "Requests answered with status 500, per day and source."
business_value = "Each one is a customer record that a client asked for and did not get."
target = "<= 2"
impact = "Clients retry, call support, and lose trust in the data."
--- */
select
  s.source,
  count(r.at) filter (where r.status = 500) as value,
  count(r.at) as n,
  min(r.at) filter (where r.status = 500) as first_at,
  max(r.at) filter (where r.status = 500) as last_at
from sources s
left join requests r on s.source = r.source
where s.records = 'requests'
group by s.source
