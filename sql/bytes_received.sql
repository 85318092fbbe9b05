/* ---
title = "Bytes received"
class = "quantity"
definition = "Bytes received per source, with headers and bodies; n requests say how many."
unit = "bytes"
data_source = "Access logs: the size of each request."
owner = "Data platform team"
stakeholders = ["Operations"]
objective = "Lines and disks are large enough for what comes."
business_value = "Traffic that grows is capacity that has to be bought in time."
since = 2026-11-25
review = 2027-11-25
evidence = "select * from requests where request_bytes is not null order by request_bytes desc"
--- */
with summed as (
  select source, sum(bytes_received) as value, sum(received) as n
  from request_counts
  group by source
)
select source, value, n
from summed
where n > 0
