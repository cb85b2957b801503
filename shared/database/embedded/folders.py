"""Where the data are, whose they are, and where they go when the server can't reach the home folder."""

import hashlib
import os
from pathlib import Path

from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.footing import Footing

_HELD = Path("/var/lib")


def data_folder(home: Path, footing: Footing) -> Path:
    """Where the data are or shall be: under `home`, or held for it when the server can't reach `home`.

    Data once made are never passed over for an empty database: what can't be reached or is gone is refused.
    """
    data = home / "data"
    if data.is_symlink():
        target = data.resolve()
        if not target.exists():
            raise PostgresUnavailable(
                f"The data of {home} were held in {target} and are gone. Put them back, or remove the link "
                f"{data} to begin with an empty database."
            )
        return target
    blocked = footing.blocked_at(home)
    if blocked is None:
        return data
    if data.exists():
        raise PostgresUnavailable(
            f"PostgreSQL does not run as root, and without root's rights it can't enter {blocked}, on the way "
            f"to {data}. Allow it (chmod o+x {blocked}), or start as the user who owns the data."
        )
    return holding_folder(home) / "data"


def holding_folder(home: Path) -> Path:
    """A folder of this home's own that any user may cross; only ever needed, and made, by root."""
    held = _HELD / f"samrad-{short_hash(home)}"
    held.mkdir(mode=0o711, parents=True, exist_ok=True)
    if held.lstat().st_uid != os.geteuid():
        raise PostgresUnavailable(f"{held} is somebody else's. Remove it, or start with another folder.")
    return held


def short_hash(home: Path) -> str:
    """Names what belongs to this home outside it."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:10]


def own(folder: Path, footing: Footing) -> None:
    """Give root's data to the server's user: a machine may lose its user namespaces between starts."""
    owner = folder.stat().st_uid
    if owner == footing.uid:
        return
    if os.geteuid() != 0:
        raise PostgresUnavailable(
            f"The data in {folder} belong to user {owner}, and this is user {os.geteuid()}. Start as that "
            f"user, or give them over (chown -R {os.geteuid()} {folder})."
        )
    # The top comes last: while it has the old owner, an interrupted change is seen and done again.
    for root, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(root, name), footing.uid, footing.gid, follow_symlinks=False)
    os.chown(folder, footing.uid, footing.gid)
