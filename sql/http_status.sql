/* ---
title = "Requests by HTTP status"
class = "errors"
unit = "requests"
definition = "Requests per day, source and status of the answer."
--- */
select source, status, count(*) as value
from requests
where status is not null
group by source, status
