/* ---
title = "Late objects"
class = "integrity"
definition = "Objects that entered a chain on the day and reached its last step after the grace period. n counts all that entered."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
objective = "Every customer that is entered arrives in every system, once."
business_value = "They arrived, but later than the business was promised."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from cohorts where is_last and state = 'late'"
--- */
with counted as (
  select
    chain,
    sum(objects) as entered,
    sum(objects) filter (where state = 'late') as found,
    min(first_at) filter (where state = 'late') as first_at,
    max(last_at) filter (where state = 'late') as last_at
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
