/* ---
title = "p99 of request time per route"
class = "performance"
definition = "The time within which 99 of 100 requests of a route were answered (nearest rank, an observed value), per day, source and route. Requests without a time are left out."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "The slowest requests are rare enough that nobody gives up."
business_value = "One in a hundred requests is this slow or slower: with a page of twenty requests that is every fifth page."
since = 2026-11-23
review = 2027-11-23
min_n = 100
better = "lower"
evidence = 'select * from requests where request_time_s is not null and route is not null order by request_time_s desc'
--- */
select
  source,
  route,
  min(request_time_s) as value,
  max(n) as n
from request_times
where per = 'route' and up_to >= 0.99 * n
group by source, route
