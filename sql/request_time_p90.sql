/* ---
title = "p90 of request time per route"
class = "performance"
definition = "The time within which nine of ten requests of a route were answered (nearest rank, an observed value), per day, source and route. Requests without a time are left out."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams", "Product owner"]
kpi = true
objective = "Looking customers up does not keep their users waiting."
business_value = "Clients look customers up while their own users wait: up to half a second feels immediate."
target = "<= 0.5"
impact = "Client applications time out and show stale or no customer data."
runbook = "See which route is slow and since which hour; look at the slowest requests of the day, then at the database and at what was deployed before that hour."
since = 2026-11-23
review = 2027-11-23
min_n = 10
better = "lower"
evidence = 'select * from requests where request_time_s is not null and route is not null order by request_time_s desc'
--- */
select
  source,
  route,
  min(request_time_s) as value,
  max(n) as n
from request_times
where per = 'route' and up_to >= 0.9 * n
group by source, route
