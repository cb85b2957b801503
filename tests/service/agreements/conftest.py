"""One PostgreSQL, migrated and loaded, and the service in front of it, for all tests of this folder."""

import asyncio
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from services.agreements.load import load_register, load_sandbox
from services.agreements.main import create_app
from services.agreements.settings import Settings
from services.agreements.tables import MIGRATIONS, OWNER_ROLE, ROLES, RUNTIME_ROLE
from shared.database.embedded import SUPERUSER, EmbeddedPostgres
from shared.database.engine import Database
from shared.database.migrate import upgrade
from shared.database.provision import provision
from shared.serving import Served
from shared.vault import Vault
from tests.clusters import furnish
from tests.service.agreements.database import DATABASE, Urls
from tests.service.agreements.door import PUBLIC, Door, Issuer, TestClock, no_worker
from tests.serving import serving_in_thread


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    home = Path(tempfile.mkdtemp(prefix="samrad-agreements-"))
    home.chmod(0o755)
    furnish(home)
    server = EmbeddedPostgres(home)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def urls(postgres: EmbeddedPostgres) -> Urls:
    return Urls(
        superuser=postgres.url(DATABASE, SUPERUSER),
        owner=postgres.url(DATABASE, OWNER_ROLE),
        runtime=postgres.url(DATABASE, RUNTIME_ROLE),
    )


@pytest.fixture(scope="session")
def loaded(postgres: EmbeddedPostgres, urls: Urls) -> Urls:
    async def prepare() -> None:
        await provision(postgres.url("postgres", SUPERUSER), DATABASE, ROLES)
        await upgrade(urls.owner, MIGRATIONS)
        await load_register(urls.owner)
        await load_sandbox(urls.owner)

    asyncio.run(prepare())
    return urls


@pytest.fixture(scope="session")
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="session")
def issuer(clock: TestClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(bytes(32), bytes(range(32)))


@pytest.fixture(scope="session")
def address(loaded: Urls, clock: TestClock, issuer: Issuer, vault: Vault) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]

    async def build(stack: AsyncExitStack) -> list[Served]:
        database = Database(loaded.runtime)
        stack.push_async_callback(database.close)
        app = create_app(
            Settings(public_url=PUBLIC),
            database=database,
            gatekeeper=issuer.gatekeeper(),
            vault=vault,
            clock=clock,
            background=no_worker,
        )
        return [Served("agreements", app, "127.0.0.1", port)]

    with serving_in_thread(build):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def door(address: str, issuer: Issuer, clock: TestClock) -> Iterator[Door]:
    with httpx.Client(base_url=address) as http:
        yield Door(http, issuer, clock)
