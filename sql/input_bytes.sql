/* ---
title = "Size of input files per source"
class = "quantity"
definition = "Stored (compressed) size of the files and objects that were read with records whose time span touches the day, per source; a file that grows counts with its largest size."
unit = "bytes"
data_source = "The ledger of what was read."
owner = "Data platform team"
stakeholders = ["Operations"]
objective = "Lines and disks are large enough for what comes."
business_value = "Logs that swell announce both a full disk and a system in trouble."
since = 2026-11-25
review = 2027-11-25
evidence = "select source, uri, size_bytes, batch, read_at, records from inputs"
--- */
with files as (
  select source, input_id, max(size_bytes) as size_bytes
  from inputs
  group by source, input_id
)
select source, sum(size_bytes) as value, count(*) as n
from files
group by source
