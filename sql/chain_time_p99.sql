/* ---
title = "p99 of the end-to-end time per chain"
class = "performance"
definition = "Seconds from an object's first step to its first arrival at the last step, for the objects that arrived on the day and entered on it or in the chain's look-back: 99 of 100 needed at most this (nearest rank, an observed value)."
unit = "s"
data_source = "Rows of requests and events that the steps of the chains name: times of the first and the last step."
owner = "Data platform team"
stakeholders = ["Support"]
objective = "No customer waits for hours while the average looks well."
business_value = "The slowest records are those that somebody calls about."
since = 2026-11-23
review = 2027-11-23
min_n = 100
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
where span = 'chain' and up_to >= 0.99 * n
group by chain
