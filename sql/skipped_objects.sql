/* ---
title = "Objects that skipped a step"
class = "integrity"
definition = "Objects that entered a chain on the day and were seen at a later step but not at this one, though the grace period is over. n counts all that entered."
unit = "objects"
data_source = "Rows of requests and events that the steps of the chains name."
owner = "Data platform team"
stakeholders = ["Sales", "Support", "Product owner"]
objective = "Every customer that is entered arrives in every system, once."
business_value = "Each one is a customer who went on without a check or a change that everybody counts on; or the step's log is missing."
since = 2026-11-25
review = 2027-11-25
better = "lower"
evidence = "select * from cohorts where state = 'skipped'"
--- */
with counted as (
  select
    chain,
    position,
    sum(objects) as entered,
    sum(objects) filter (where state = 'skipped') as skipped
  from cohort_counts
  group by chain, position
)
select
  c.chain,
  c.step,
  coalesce(o.skipped, 0) as value,
  coalesce(o.entered, 0) as n
from chain_steps c
left join counted o on c.chain = o.chain and c.position = o.position
where c.position > 1 and c.next_step is not null
