/* ---
title = "Requests per kind of client"
class = "api"
definition = "Requests per day, source and kind of client: bot, browser, library, monitor (health probes), tool (command-line clients, scanners) or unknown, by the user agent's own words."
unit = "requests"
data_source = "Access logs: the user agent."
owner = "API team"
stakeholders = ["Product owner", "Operations"]
objective = "Figures about users are about users, and not about robots."
business_value = "Sets robots, probes and scanners apart from those whom the service is there for."
since = 2026-11-25
review = 2027-11-25
evidence = 'select * from requests order by at, "offset"'
--- */
select source, agent_kind, sum(requests) as value
from client_counts
group by source, agent_kind
