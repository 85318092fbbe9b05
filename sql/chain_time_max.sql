/* ---
title = "Longest end-to-end time per chain"
class = "performance"
definition = "Seconds from an object's first step to its first arrival at the last step, for the objects that arrived on the day and entered on it or in the chain's look-back: none needed more."
unit = "s"
data_source = "Rows of requests and events that the steps of the chains name: times of the first and the last step."
owner = "Data platform team"
stakeholders = ["Sales", "Support"]
objective = "New and changed customers can be used everywhere soon after they were entered."
business_value = "The one that waited longest is the one who calls."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = """
select chain, object_id, from_step, to_step, started_at, reached_at, time_s
from passages
where span = 'chain'
order by time_s desc
"""
--- */
select chain, max(time_s) as value, max(n) as n
from passage_times
where span = 'chain'
group by chain
