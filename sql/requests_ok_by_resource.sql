/* ---
title = "Requests answered with 200, per resource"
class = "api"
unit = "requests"
definition = "Requests answered with status 200 per day, source and resource: the first segment of the path, of those that match a route."
--- */
select
  source,
  split_part(path, '/', 2) as resource,
  count(*) filter (where status = 200) as value,
  count(*) as n
from requests
where route is not null
group by source, split_part(path, '/', 2)
