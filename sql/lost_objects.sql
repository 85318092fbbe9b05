/* ---
title = "Lost objects"
class = "integrity"
definition = "Objects that entered a chain on the day and were not seen at its last step, though the grace period is over. n counts all that entered."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
kpi = true
objective = "Every customer that is entered arrives in every system, once."
business_value = "Each one is a customer that somebody entered and nobody will find."
target = "= 0"
impact = "These customers are not served, and nobody misses them until they call."
runbook = "Open lost_<chain>.csv of the day; take the first object's last step, input and offset, and look into that step's log behind that line; import again what was lost."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from cohorts where is_last and state = 'lost'"
--- */
with counted as (
  select
    chain,
    sum(objects) as entered,
    sum(objects) filter (where state = 'lost') as found,
    min(first_at) filter (where state = 'lost') as first_at,
    max(last_at) filter (where state = 'lost') as last_at
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
