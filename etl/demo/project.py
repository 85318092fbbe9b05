"""The demo's daytally.toml, written to be learned from."""

LOG_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_time'
)
"""What nginx was told to write, in the words of its own configuration."""

CONFIG = r"""# A Daytally project. Everything here has a counterpart in your own systems:
# a source is a stream of logs, a route names the paths of an API, a chain is the way
# that a business object takes through your systems. Next: daytally check, daytally run.

[project]
name = "Customer hub (demo)"
timezone = "Europe/Berlin"         # its midnights bound the days
warehouse = "warehouse"            # tables that grow from day to day
out = "out"                        # reports

# --- Sources: where the logs are and how to read them --------------------------------------

[[source]]
name = "api"
inputs = ["logs/api/access.log*"]  # the live file, and the rotated and gzipped ones
# The string of nginx.conf: "combined" with the request time behind.
log_format = '{LOG_FORMAT}'
expect = "daily"                   # a day without any line of it is incomplete, never green

[[source]]
name = "importer"                  # writes RFC 5424, messages as key=value
inputs = ["logs/importer/importer.log*"]
format = "syslog"
timezone = "Europe/Berlin"         # for stamps that carry no offset
message = "logfmt"
expect = "daily"
[source.fields]                    # keys of the message that become columns of `events`
event = "text"
customer_id = "text"
duration_ms = "integer"

[[source]]
name = "transformer"               # writes RFC 3164: no year, no offset
inputs = ["logs/transformer/transformer.log*"]
format = "syslog"
timezone = "Europe/Berlin"
message = "logfmt"
expect = "daily"
[source.fields]
event = "text"
customer_id = "text"
duration_ms = "integer"

[[source]]
name = "store"                     # ISO-dated lines of rsyslog, messages as JSON
inputs = ["logs/store/store.log*"]
format = "syslog"
timezone = "Europe/Berlin"
message = "json"
expect = "daily"
[source.fields]
event = "text"
customer_id = "text"
duration_ms = "integer"

# --- Routes: what the API offers; braces stand for one segment of the path ------------------

[[route]]
source = "api"
path = "/customers/{customer_id}"

[[route]]
source = "api"
path = "/customers/city/{city}"

[[route]]
source = "api"
path = "/customers"

[[route]]
source = "api"
path = "/health"

# --- Chain: the way of a customer record, from its import to its first use ------------------

[[chain]]
name = "customer"
grace = "6h"                       # after that, an object that did not arrive is lost

[[chain.step]]
name = "imported"
from = "events"
where = "source = 'importer' and event = 'imported'"
object = "customer_id"

[[chain.step]]
name = "transformed"
from = "events"
where = "source = 'transformer' and event = 'transformed'"
object = "customer_id"

[[chain.step]]
name = "stored"
from = "events"
where = "source = 'store' and event = 'stored'"
object = "customer_id"

[[chain.step]]                     # crm-sync fetches every new customer once
name = "provided"
from = "requests"
where = "status = 200 and route = '/customers/{customer_id}' and user_agent like 'crm-sync/%'"
object = "params.customer_id"

# --- Metrics: what the built-in data sheets cannot know of your team ------------------------

[special_days]                     # lists of days that targets may name
maintenance = ["2026-03-26", "2026-04-09"]

[metrics.integrity_flow]
owner = "Jonas Keller, data platform"

[metrics.integrity_cohort]
owner = "Jonas Keller, data platform"

[metrics.lost_objects]
owner = "Jonas Keller, data platform"

[metrics.chain_time_p90]
owner = "Jonas Keller, data platform"

[metrics.request_time_p90]
owner = "Mia Brandt, API"

[metrics.http_500]
owner = "Mia Brandt, API"
target = "<= 2"
targets = [                        # the first that holds wins
  { days = "maintenance", target = "<= 5" },
  { weekday = ["sat", "sun"], target = "<= 3" },
]
budget = "2 bad days in 14"

[metrics.requests_ok_by_resource]  # no KPI; who asks is not up to us, but a slump is worth a look
targets = [
  { source = "api", resource = "customers", target = "within 40 % of same weekday" },
]

# --- Mail: uncomment to send the daily statement --------------------------------------------

# [mail]
# host = "smtp.example.org"
# port = 587
# starttls = true
# username_env = "DAYTALLY_SMTP_USER"
# password_env = "DAYTALLY_SMTP_PASSWORD"
# from = "daytally@example.org"
# to = ["owner@example.org"]
""".replace("{LOG_FORMAT}", LOG_FORMAT)
