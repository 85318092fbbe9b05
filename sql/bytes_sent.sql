/* ---
title = "Bytes sent"
class = "quantity"
definition = "Bytes sent per source: with headers where the log counts them, else of the bodies; n requests say how many."
unit = "bytes"
data_source = "Access logs: the size of each answer."
owner = "Data platform team"
stakeholders = ["Operations"]
objective = "Lines and disks are large enough for what comes."
business_value = "Traffic that grows is capacity that has to be bought in time."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests order by coalesce(bytes_sent, body_bytes_sent) desc nulls last"
--- */
with summed as (
  select source, sum(bytes) as value, sum(sized) as n
  from request_counts
  group by source
)
select source, value, n
from summed
where n > 0
