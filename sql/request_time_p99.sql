/* ---
title = "p99 of request time per route"
class = "performance"
unit = "s"
definition = "The time within which 99 of 100 requests of a route were answered (nearest rank, an observed value), per day, source and route. Requests without a time are left out."
--- */
select
  source,
  route,
  quantile_disc(request_time_s, 0.99) as value,
  count(*) as n
from requests
where request_time_s is not null and route is not null
group by source, route
