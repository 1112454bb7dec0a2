"""The embedded database: a real PostgreSQL in the user's data directory, started when it is needed.

Processes share one server per home directory. Each counts as a user from `acquire` to `release` (or to its death,
however it dies); the last one to leave in good order stops the server, unless it was told to stay. A server that
outlived users which were killed is simply used by the next one.

Whatever starts, stops or counts happens under the lock of the home directory. Who uses the server is kept as files
held by `flock` (see users.py), so that the kernel does the counting. Only its owner gets in: there is no TCP port, the
socket lies in a directory of mode 0700, and the server asks the kernel who is calling (`peer`, see cluster.py). Root
cannot run PostgreSQL, so for root a system user does (see account.py).
"""

from kagzi_dsl.runtime.embedded.home import default_home
from kagzi_dsl.runtime.embedded.lease import Lease, acquire, start_detached
from kagzi_dsl.runtime.embedded.program import psql_path
from kagzi_dsl.runtime.embedded.status import Status, status, stop

__all__ = ["Lease", "Status", "acquire", "default_home", "psql_path", "start_detached", "status", "stop"]
