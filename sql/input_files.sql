/* ---
title = "Input files per source"
class = "quantity"
definition = "Files and objects that were read with records whose time span touches the day, per source."
unit = "files"
data_source = "The ledger of what was read."
owner = "Data platform team"
stakeholders = ["Operations"]
objective = "Everyone sees that the figures rest on all logs."
business_value = "A host that delivers no log any more shows here before its figures are missed."
since = 2026-11-25
review = 2027-11-25
evidence = "select source, uri, size_bytes, batch, read_at, records from inputs"
--- */
with files as (
  select source, count(distinct input_id) as files
  from inputs
  group by source
)
select s.source, coalesce(f.files, 0) as value
from sources s
left join files f on s.source = f.source
