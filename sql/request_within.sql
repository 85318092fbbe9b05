/* ---
title = "Share of requests answered in time"
class = "performance"
definition = "Requests answered within the time that daytally.toml allows ('within' of the route or of the project), divided by all requests with a time, per day, source and route. Requests that match no route stand in a row without one."
unit = "share"
data_source = "Access logs: the time that the server took for each request."
owner = "API team"
stakeholders = ["Client teams"]
objective = "Looking customers up does not keep their users waiting."
business_value = "Says how many users had to wait, where a percentile says how long."
since = 2026-11-25
review = 2027-11-25
min_n = 10
better = "higher"
evidence = """
select * from requests
where request_time_s is not null
order by request_time_s desc
"""
--- */
with counted as (
  select
    source,
    route,
    sum(within) as numerator,
    sum(timed) as denominator
  from request_counts
  where timed > 0
  group by source, route
)
select
  source,
  route,
  cast(numerator as double) / denominator as value,
  numerator,
  denominator,
  denominator as n
from counted
