/* ---
title = "Objects in flight"
class = "integrity"
definition = "Objects that entered a chain on the day and have not reached its last step yet, while the grace period lasts: neither through nor lost. When the next data come, the day is measured again. n counts all that entered."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
objective = "Every customer that is entered arrives in every system, once."
business_value = "Tells how much of the day's figures is still open."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from cohorts where is_last and state = 'in_flight'"
--- */
with counted as (
  select
    chain,
    sum(objects) as entered,
    sum(objects) filter (where state = 'in_flight') as found,
    min(first_at) filter (where state = 'in_flight') as first_at,
    max(last_at) filter (where state = 'in_flight') as last_at
  from cohort_counts
  where is_last
  group by chain
)
select
  c.chain,
  coalesce(o.found, 0) as value,
  coalesce(o.entered, 0) as n,
  o.first_at,
  o.last_at
from chain_steps c
left join counted o on c.chain = o.chain
where c.position = 1
