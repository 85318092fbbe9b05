/* ---
title = "Distinct objects per step"
class = "quantity"
definition = "Different objects seen at each step of each chain on the day; n counts every sighting."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name: the object's id."
owner = "Data platform team"
stakeholders = ["Sales", "Capacity planning"]
objective = "Everyone sees how much business passes through the chain."
business_value = "Shows growth, seasons and campaigns, and is what the integrity ratios have to be read against."
since = 2026-11-23
review = 2027-11-23
evidence = 'select * from steps order by at, "offset"'
--- */
select
  c.chain,
  c.step,
  coalesce(s.objects, 0) as value,
  coalesce(s.sightings, 0) as n
from chain_steps c
left join step_counts s on c.chain = s.chain and c.position = s.position
