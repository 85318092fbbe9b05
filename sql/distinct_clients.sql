/* ---
title = "Distinct clients"
class = "quantity"
definition = "Different client addresses per source, as they are stored: exactly counted; n counts the requests that have one."
unit = "clients"
data_source = "Access logs: the client's address."
owner = "Data platform team"
stakeholders = ["Product owner"]
objective = "It is known how many depend on the service."
business_value = "Shows whether the service reaches those whom it is there for."
since = 2026-11-25
review = 2027-11-25
evidence = 'select * from requests order by at, "offset"'
--- */
select source, count(distinct remote_addr) as value, coalesce(sum(requests) filter (where remote_addr is not null), 0) as n
from client_counts
group by source
