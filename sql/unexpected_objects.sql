/* ---
title = "Unexpected objects"
class = "integrity"
definition = "Objects seen at a step for the first time on the day, and at no earlier step of the chain before that in its look-back. n counts all objects seen at the step on the day."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
objective = "Every customer that is entered arrives in every system, once."
business_value = "Each one is a customer whom nobody entered: a test, an old import, or a log that is missing upstream."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from strays where state = 'unexpected'"
--- */
with strays_of as (
  select chain, position, count(*) as found, min(at) as first_at, max(at) as last_at
  from strays
  where state = 'unexpected'
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
where c.position >= 2 and not c.repeats
