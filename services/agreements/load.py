"""Loads what ships: the public register, and for the sandbox invented organisations, agreements and units.

Runs as the role that owns the tables, after migration, as often as one likes: a second run changes nothing.
"""

import json
from collections.abc import Sequence

from sqlalchemy import TextClause
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.agreements.loading import files, statements, unit_statements
from services.agreements.loading.own import OrganisationsUnfit
from services.agreements.loading.sandbox import Member, sandbox_rows
from services.agreements.loading.units import UnitFile, UnitsUnfit, read_units
from services.agreements.units.domain import Competence
from services.agreements.wire import ICD
from shared.database.engine import Database, Tenancy


class EditionReused(Exception):
    """The grounds have changed under the same edition, or the database holds a newer one than the files."""


async def load_register(url: str) -> None:
    """Codes, organisations, legal bases and grounds. Raises EditionReused, with nothing changed."""
    lines, grounds = files.municipality_lines(), files.grounds()
    database = Database(url, pool_size=1)
    try:
        async with database.without_tenant() as connection:
            await _put(connection, statements.COUNTIES, files.counties(lines))
            await _put(connection, statements.MUNICIPALITIES, files.municipalities(lines))
            known = [*files.municipal_organisations(lines), *files.organisations("authorities.json")]
            await _put(connection, statements.ORGANISATIONS, known)
            await _put_grounds(connection, grounds)
    finally:
        await database.close()


async def load_sandbox(url: str) -> None:
    """Invented organisations, agreements and units, after `load_register`. Never in production."""
    database = Database(url, pool_size=1)
    try:
        async with database.without_tenant() as connection:
            invented = files.organisations("sandbox_organisations.json")
            await _put(connection, statements.ORGANISATIONS, invented)
            members = [Member(**row) for row in (await connection.execute(statements.MEMBERS)).mappings()]
            employment_service = (await connection.execute(statements.EMPLOYMENT_SERVICE)).scalar_one()
        org, rows = ICD + employment_service, sandbox_rows(members, employment_service)
        async with database.begin(Tenancy(org)) as connection:
            await _put(connection, statements.AGREEMENTS, rows.agreements, org)
            await _put(connection, statements.REMOVE_PARTIES, rows.agreements, org)
            await _put(connection, statements.PARTIES, rows.parties, org)
            await _put_units(connection, read_units(files.FIXTURES / "sandbox_units.json"), members)
    finally:
        await database.close()


async def load_organisations(url: str, rows: Sequence[files.Row]) -> int:
    """Add organisations to the register, or change those added before; answers how many.

    Raises OrganisationsUnfit when one is in the register already, with nothing changed.
    """
    database = Database(url, pool_size=1)
    try:
        async with database.without_tenant() as connection:
            await _put(connection, statements.ORGANISATIONS, rows)
    except IntegrityError:
        raise OrganisationsUnfit("an organisation of the file is in the register already") from None
    finally:
        await database.close()
    return len(rows)


async def load_units(url: str, file: UnitFile) -> int:
    """Replace an authority's units, and what files have said of which unit handles what; answers how many units.

    Raises UnitsUnfit, with nothing changed, when a municipality would be without a unit on some day, or with one that
    does not exist then.
    """
    database = Database(url, pool_size=1)
    try:
        async with database.begin(Tenancy(file.organisation)) as connection:
            members = [Member(**row) for row in (await connection.execute(statements.MEMBERS)).mappings()]
            await _put_units(connection, file, members)
    except IntegrityError:
        # A code of somebody else's, two names on the same day, or a move over the API from the very day of the file's.
        raise UnitsUnfit("the file contradicts itself or what the register holds") from None
    finally:
        await database.close()
    return len(file.units)


async def _put_units(connection: AsyncConnection, file: UnitFile, members: Sequence[Member]) -> None:
    org = {"org": file.organisation}
    codes = [row["code"] for row in file.units]
    _raise_for((await connection.execute(unit_statements.FOREIGN, {**org, "codes": codes})).scalars().all())
    await connection.execute(unit_statements.REMOVE_ASSIGNMENTS, org)
    await connection.execute(unit_statements.REMOVE_ASKERS, org)
    await connection.execute(unit_statements.REMOVE_VERSIONS, org)
    await _put(connection, unit_statements.PUT_UNITS, file.units)
    await _put(connection, unit_statements.PUT_VERSIONS, file.versions)
    await _put(connection, unit_statements.PUT_ASSIGNMENTS, file.assignments(members), file.organisation)
    await _put(connection, unit_statements.PUT_ASKERS, file.askers)
    competences = {"competences": [competence.value for competence in Competence]}
    _raise_for((await connection.execute(unit_statements.FAULTS, {**org, **competences})).scalars().all())


def _raise_for(faults: Sequence[str]) -> None:
    if faults:
        raise UnitsUnfit.because(faults)


async def _put_grounds(connection: AsyncConnection, grounds: files.Grounds) -> None:
    held = (await connection.execute(statements.EDITIONS)).one_or_none()
    if held is not None and held.edition >= grounds.edition:
        if held.edition > grounds.edition or held.content_hash != grounds.content_hash:
            raise EditionReused(f"raise the edition in grounds.json above {held.edition}")
        return
    await _put(connection, statements.LEGAL_BASES, grounds.legal_bases)
    await _put(connection, statements.INFORMATION_SETS, grounds.information_sets)
    await _put(connection, statements.WITHDRAW_GROUNDS, grounds.grounds)
    await _put(connection, statements.GROUNDS, grounds.grounds)
    edition = {"edition": grounds.edition, "content_hash": grounds.content_hash}
    await connection.execute(statements.ADD_EDITION, edition)


async def _put(
    connection: AsyncConnection, statement: TextClause, rows: Sequence[files.Row], org: str | None = None
) -> None:
    values = {"rows": json.dumps(rows)} if org is None else {"rows": json.dumps(rows), "org": org}
    await connection.execute(statement, values)
