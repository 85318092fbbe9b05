/* ---
title = "Error events by hour"
class = "errors"
definition = "Events of severity error or worse (0 to 3) per source and local hour of the day. On a day on which the clock changes, hours carry their offset, so that a repeated hour counts as two."
unit = "events"
data_source = "Syslog and application logs: severity and time of each line."
owner = "Operations"
stakeholders = ["Data platform team"]
objective = "Systems that get worse are noticed before they fail."
business_value = "Shows when it went wrong, and so what else happened at that hour."
since = 2026-11-25
review = 2027-11-25
better = "lower"
--- */
select source, hour, count(*) as value
from events
where severity <= 3
group by source, hour
