/* ---
title = "p90 of the end-to-end time per chain"
class = "performance"
definition = "Seconds from an object's first step to its first arrival at the last step, for the objects that arrived on the day and entered on it or the day before: nine of ten needed at most this (nearest rank, an observed value)."
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
lookback_days = 1
min_n = 10
better = "lower"
--- */
with window_steps as (
  select chain, object_id, position, at, 0 as today from steps_before
  union all
  select chain, object_id, position, at, 1 as today from steps
),
journeys as (
  select
    w.chain,
    w.object_id,
    min(w.at) filter (where w.position = 1) as entered_at,
    min(w.at) filter (where w.position = c.steps and w.today = 0) as arrived_before_at,
    min(w.at) filter (where w.position = c.steps and w.today = 1) as arrived_at
  from window_steps w
  join (select distinct chain, steps from chain_steps) c on w.chain = c.chain
  group by w.chain, w.object_id
),
arrived as (
  select chain, cast(arrived_at - entered_at as bigint) as micros
  from journeys
  where arrived_at is not null and arrived_before_at is null and entered_at is not null
)
select
  chain,
  quantile_disc(micros, 0.9) / cast(1000000 as double) as value,
  count(*) as n
from arrived
group by chain
