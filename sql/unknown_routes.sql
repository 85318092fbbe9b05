/* ---
title = "Requests that match no route"
class = "api"
definition = "Requests per day, source and template of the path, of those that match no configured route. In a template, segments that look like ids are {id}, and segments of which there are many in one place {name}. Templates beyond the 50 with the most requests of a source share a row, (other). The command daytally routes suggests routes for them."
unit = "requests"
data_source = "Access logs: the path of each request."
owner = "API team"
stakeholders = ["Client teams", "Operations"]
objective = "Every operation of the API has a name under which it is measured."
business_value = "What has no route is measured by nobody: operations that were forgotten, links that broke, and doors that somebody tries."
since = 2026-11-25
review = 2027-11-25
evidence = """
select r.source, r.at, r.path, u.template, r.input_id, r."offset"
from unrouted u join requests r on r.source = u.source and r.path = u.example"""
--- */
with placed as (
  select
    *,
    row_number() over (partition by source order by requests desc, template) as place
  from unrouted
),
kept as (
  select
    source,
    case when place <= 50 then template else '(other)' end as template,
    requests
  from placed
)
select source, template, sum(requests) as value
from kept
group by source, template
