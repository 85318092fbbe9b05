/* ---
title = "p90 of request time per route"
class = "performance"
kpi = true
unit = "s"
owner = "API team"
definition = "The time within which nine of ten requests of a route were answered (nearest rank, an observed value), per day, source and route. Requests without a time are left out."
business_value = "Clients look customers up while their own users wait: up to half a second feels immediate."
target = "<= 0.5"
impact = "Client applications time out and show stale or no customer data."
--- */
select
  source,
  route,
  quantile_disc(request_time_s, 0.9) as value,
  count(*) as n
from requests
where request_time_s is not null and route is not null
group by source, route
