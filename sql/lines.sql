/* ---
title = "Lines per source"
class = "quantity"
definition = "Lines that were parsed into a record of the day, per source."
unit = "lines"
data_source = "All logs of the project: lines that became a record."
owner = "Data platform team"
stakeholders = ["Operations"]
objective = "Everyone sees that the figures rest on all logs."
business_value = "A log that grows, shrinks or dries up changes every other figure; here it shows first."
since = 2026-11-23
review = 2027-11-23
evidence = """
select source, at, input_id, "offset" from requests
union all
select source, at, input_id, "offset" from events"""
--- */
with counted as (
  select source, sum(requests) as lines from request_counts group by source
  union all
  select source, sum(events) as lines from event_counts group by source
)
select s.source, coalesce(c.lines, 0) as value
from sources s
left join counted c on s.source = c.source
