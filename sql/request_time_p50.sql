/* ---
title = "Median request time per route"
class = "performance"
definition = "The time within which half of a route's requests were answered (nearest rank, an observed value), per day, source and route. Requests without a time are left out."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "Looking customers up does not keep their users waiting."
business_value = "The usual experience of a client; compare it with p90 and p99 to see whether all or few are slow."
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
where per = 'route' and up_to >= 0.5 * n
group by source, route
