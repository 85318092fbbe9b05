/* ---
title = "Lines per source"
class = "quantity"
unit = "lines"
definition = "Lines that were parsed into a record of the day, per source."
--- */
with counted as (
  select source, count(*) as lines from requests group by source
  union all
  select source, count(*) as lines from events group by source
)
select s.source, coalesce(c.lines, 0) as value
from sources s
left join counted c on s.source = c.source
