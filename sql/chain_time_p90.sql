/* ---
title = "p90 of the end-to-end time per chain"
class = "performance"
definition = "Seconds from an object's first step to its first arrival at the last step, for the objects that arrived on the day and entered on it or in the chain's look-back: nine of ten needed at most this (nearest rank, an observed value)."
unit = "s"
data_source = "Rows of requests and events that the steps of the chains name: times of the first and the last step."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
kpi = true
objective = "New and changed customers can be used everywhere soon after they were entered."
business_value = "A customer record is worth something to sales and support from the minute at which it can be looked up."
target = "<= 600"
impact = "Sales and support work with yesterday's customers, and call people who have already left."
runbook = "Look for the step at which objects wait (step times of the chain), then for a queue, a stopped worker or a slow query there; tell sales from when on data are old."
since = 2026-11-23
review = 2027-11-23
min_n = 10
better = "lower"
evidence = """
select chain, object_id, from_step, to_step, started_at, reached_at, time_s
from passages
where span = 'chain'
order by time_s desc
"""
--- */
select chain, min(time_s) as value, max(n) as n
from passage_times
where span = 'chain' and up_to >= 0.9 * n
group by chain
