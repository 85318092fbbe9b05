/* ---
title = "Longest request time per method"
class = "performance"
definition = "The time that the slowest request took, per day, source and method. Requests without a time are left out; those that match no route count."
unit = "s"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "Looking customers up does not keep their users waiting."
business_value = "Writing is slower than reading: one figure over both hides a change of either."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = 'select * from requests where request_time_s is not null and method is not null order by request_time_s desc'
--- */
select
  source,
  method,
  max(request_time_s) as value,
  max(n) as n
from request_times
where per = 'method'
group by source, method
