/* ---
title = "Distinct objects per step"
class = "quantity"
unit = "objects"
definition = "Different objects seen at each step of each chain on the day; n counts every sighting."
--- */
select
  c.chain,
  c.step,
  count(distinct s.object_id) as value,
  count(s.object_id) as n
from chain_steps c
left join steps s on c.chain = s.chain and c.position = s.position
group by c.chain, c.step
