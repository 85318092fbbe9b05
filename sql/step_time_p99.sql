/* ---
title = "p99 of the time from step to step"
class = "performance"
definition = "Seconds from an object's passing of a step to its first arrival at the next, for the objects that arrived there on the day: 99 of 100 needed at most this (nearest rank, an observed value)."
unit = "s"
data_source = "Rows of requests and events that the steps of the chains name: their times."
owner = "Data platform team"
stakeholders = ["Sales", "Support"]
objective = "New and changed customers can be used everywhere soon after they were entered."
business_value = "Shows between which two systems the time is spent."
since = 2026-11-25
review = 2027-11-25
min_n = 100
better = "lower"
evidence = """
select chain, object_id, from_step, to_step, started_at, reached_at, time_s
from passages
where span = 'step'
order by time_s desc
"""
--- */
select chain, from_step, to_step, min(time_s) as value, max(n) as n
from passage_times
where span = 'step' and up_to >= 0.99 * n
group by chain, from_step, to_step
