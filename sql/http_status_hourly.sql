/* ---
title = "Requests by HTTP status and hour"
class = "errors"
unit = "requests"
definition = "Requests per source, status of the answer and local hour of the day. On a day on which the clock changes, hours carry their offset, so that a repeated hour counts as two."
--- */
select source, hour, status, count(*) as value
from requests
where status is not null
group by source, hour, status
