/* ---
title = "p99 of request time per method"
class = "performance"
definition = "The time within which 99 of 100 requests were answered (nearest rank, an observed value), per day, source and method. Requests without a time are left out; those that match no route count."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "Looking customers up does not keep their users waiting."
business_value = "Writing is slower than reading: one figure over both hides a change of either."
since = 2026-11-25
review = 2027-11-25
min_n = 100
better = "lower"
--- */
select
  source,
  method,
  quantile_disc(request_time_s, 0.99) as value,
  count(*) as n
from requests
where request_time_s is not null and method is not null
group by source, method
