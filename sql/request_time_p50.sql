/* ---
title = "Median request time per route"
class = "performance"
unit = "s"
definition = "The time within which half of a route's requests were answered (nearest rank, an observed value), per day, source and route. Requests without a time are left out."
--- */
select
  source,
  route,
  quantile_disc(request_time_s, 0.5) as value,
  count(*) as n
from requests
where request_time_s is not null and route is not null
group by source, route
