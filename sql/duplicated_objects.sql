/* ---
title = "Duplicated objects"
class = "integrity"
definition = "Objects that passed a step on the day and had passed it before, on the day or in the chain's look-back. n counts all objects seen at the step on the day."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
objective = "Every customer that is entered arrives in every system, once."
business_value = "Each one is a customer who may be stored, billed or called twice."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from strays where state = 'duplicated'"
--- */
with strays_of as (
  select chain, position, count(*) as found, min(at) as first_at, max(at) as last_at
  from strays
  where state = 'duplicated'
  group by chain, position
)
select
  c.chain,
  c.step,
  coalesce(o.found, 0) as value,
  coalesce(s.objects, 0) as n,
  o.first_at,
  o.last_at
from chain_steps c
left join strays_of o on c.chain = o.chain and c.position = o.position
left join step_counts s on c.chain = s.chain and c.position = s.position
where not c.repeats
