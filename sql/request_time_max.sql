/* ---
title = "Longest request time per route"
class = "performance"
definition = "The time that a route's slowest request took, per day and source. Requests without a time are left out."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "Looking customers up does not keep their users waiting."
business_value = "The one that waited longest is the one who calls; the page lists the slowest requests with their lines."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = 'select * from requests where request_time_s is not null and route is not null order by request_time_s desc'
--- */
select
  source,
  route,
  max(request_time_s) as value,
  max(n) as n
from request_times
where per = 'route'
group by source, route
