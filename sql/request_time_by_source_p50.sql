/* ---
title = "Median request time per source"
class = "performance"
definition = "The time within which half of the requests were answered (nearest rank, an observed value), per day and source. Requests without a time are left out; those that match no route count."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "Looking customers up does not keep their users waiting."
business_value = "Tells whether the whole service was slow, or some of its routes."
since = 2026-11-25
review = 2027-11-25
min_n = 10
better = "lower"
evidence = 'select * from requests where request_time_s is not null order by request_time_s desc'
--- */
select
  source,
  min(request_time_s) as value,
  max(n) as n
from request_times
where per = 'source' and up_to >= 0.5 * n
group by source
