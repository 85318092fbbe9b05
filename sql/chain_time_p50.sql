/* ---
title = "Median of the end-to-end time per chain"
class = "performance"
definition = "Seconds from an object's first step to its first arrival at the last step, for the objects that arrived on the day and entered on it or in the chain's look-back: half of them needed at most this (nearest rank, an observed value)."
unit = "s"
data_source = "Rows of requests and events that the steps of the chains name: times of the first and the last step."
owner = "Data platform team"
stakeholders = ["Sales", "Support"]
objective = "New and changed customers can be used everywhere soon after they were entered."
business_value = "Tells how long a record usually travels; the p90 beside it tells how long the unlucky ones wait."
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
where span = 'chain' and up_to >= 0.5 * n
group by chain
