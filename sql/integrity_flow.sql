/* ---
title = "Integrity ratio between two steps (flow)"
class = "integrity"
definition = "Objects counted at a step of a chain on the day, divided by objects counted at the next step on the same day. 1 means sound, above 1 that objects were lost or are still in flight, below 1 that objects were duplicated or came from nowhere."
unit = "ratio"
data_source = "Rows of requests and events that the steps of the chains name, counted per step."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
kpi = true
objective = "Every customer that is entered arrives in every system, once."
business_value = "Each object is a customer that somebody entered and expects to find."
target = "between 0.99 and 1.01"
impact = "Customers are missing or doubled in every system behind this step."
runbook = "Open the lists of lost, late and duplicated objects of the day; take the first object's last step and time, and look into that step's log behind that line; import again what was lost."
since = 2026-11-23
review = 2027-11-23
--- */
with pairs as (
  select
    c.chain,
    c.step as from_step,
    c.next_step as to_step,
    coalesce(up.sightings, 0) as numerator,
    coalesce(down.sightings, 0) as denominator
  from chain_steps c
  left join step_counts up on c.chain = up.chain and c.position = up.position
  left join step_counts down on c.chain = down.chain and c.next_position = down.position
  where c.next_step is not null and not c.repeats and not c.next_repeats
)
select
  chain,
  from_step,
  to_step,
  case when denominator > 0 then cast(numerator as double) / denominator end as value,
  numerator,
  denominator,
  numerator + denominator as n
from pairs
