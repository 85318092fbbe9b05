/* ---
title = "Integrity ratio of a day's objects (cohort)"
class = "integrity"
definition = "Of the objects that entered a chain on the day: those whose grace period is over or that were seen at the step, divided by those seen at the step within the grace period. 1 means that all got through in time; above 1, objects were lost, late or skipped the step. Objects in flight are left out until they arrive or their grace period is over; the day is measured again when the data of the next ones come. n counts all that entered."
unit = "ratio"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
kpi = true
objective = "Every customer that is entered arrives in every system, once."
business_value = "Each object is a customer that somebody entered and expects to find."
target = "between 0.99 and 1.01"
impact = "Customers who were entered on the day are missing in the systems behind this step, or came there too late."
runbook = "Open lost_<chain>.csv of the day; take the first object's last step, input and offset, and look into that step's log behind that line; import again what was lost."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from cohorts where state <> 'reached' and state <> 'in_flight'"
--- */
with counted as (
  select
    chain,
    position,
    sum(objects) as entered,
    sum(objects) filter (where state <> 'in_flight') as decided,
    sum(objects) filter (where state = 'reached') as reached
  from cohort_counts
  group by chain, position
),
steps_after as (
  select
    c.chain,
    c.next_step as step,
    coalesce(o.entered, 0) as entered,
    coalesce(o.decided, 0) as decided,
    coalesce(o.reached, 0) as reached
  from chain_steps c
  left join counted o on c.chain = o.chain and c.next_position = o.position
  where c.next_step is not null
)
select
  chain,
  step,
  case when reached > 0 then cast(decided as double) / reached end as value,
  decided as numerator,
  reached as denominator,
  entered as n
from steps_after
