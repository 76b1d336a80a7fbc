"""One import from the command line: find who speaks, know the providers, take the files in turn.

A hub nobody has founded yet is founded by the import itself, so that a city can begin with the
catalogue it has; its first officer is `importer`, whom the real head replaces.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import psycopg

from adapters.catalogues.importing import FileReport, Importer
from adapters.catalogues.reading import CatalogueFile
from adapters.record.postgres import PostgresRecord
from adapters.seed import found
from hub.actor import Role, Speaker, Via
from hub.departments.commands import EstablishAuthority
from hub.errors import Refusal
from hub.execute import Hub
from projections.catch_up import catch_up
from projections.connect import connect
from projections.directory import DIRECTORY, OFFICERS

DEFAULT_AUTHORITY = "departments.organization:authority"
_FIRST_OFFICER = "importer"
_DEFAULT_REGION = "430100"
_DEFAULT_USCC = "11430100MB0000001G"
Bar = Callable[[str, int], AbstractContextManager[Any]]


async def import_files(
    database_url: str, files: Sequence[CatalogueFile], authority: str | None, bar: Bar
) -> list[FileReport]:
    """Import the files in the name of an authority and return what became of each entry."""
    at = datetime.now(UTC)
    async with PostgresRecord(database_url) as record:
        with connect(database_url, purpose="import") as connection:
            catch_up(connection, (DIRECTORY, OFFICERS))
            officer = _reviewer(connection, authority)
            if officer is None:
                await _found(Hub(record), authority or DEFAULT_AUTHORITY, at)
                catch_up(connection, (DIRECTORY, OFFICERS))
                officer = _reviewer(connection, authority)
            if officer is None:
                raise Refusal(
                    f"{authority} is no authority with a reviewer; register it or leave"
                    " --authority out",
                    f"{authority}不是已任命审核员的主管部门",
                )
            org_id, person_id, region_code = officer
            speaker = Speaker(org_id, person_id, Via.CLI)
            importer = Importer(record, speaker, at, region_code, _providers(connection))
            reports = []
            for file in files:
                with bar(file.name, len(file.candidates)) as shown:
                    report = await importer.run(
                        file.name, file.digest, file.candidates, _advance(shown)
                    )
                reports.append(report)
            return reports


async def _found(hub: Hub, authority: str, at: datetime) -> None:
    command = EstablishAuthority(
        org_id=authority,
        name="政务数据共享主管部门",
        uscc=_DEFAULT_USCC,
        region_code=_DEFAULT_REGION,
        head_id=_FIRST_OFFICER,
    )
    await found(hub, command, at)


def _reviewer(connection: psycopg.Connection, authority: str | None) -> tuple[str, str, str] | None:
    """Return an authority, its first reviewer and its region."""
    row = connection.execute(
        """
        SELECT directory.org_id, officers.person_id, directory.jurisdiction_code
          FROM officers
          JOIN directory USING (org_id)
         WHERE officers.role = %s
           AND directory.active
           AND (%s::text IS NULL OR directory.org_id = %s)
         ORDER BY officers.appointed_at, officers.person_id
         LIMIT 1
        """,
        (Role.AUTHORITY_REVIEWER, authority, authority),
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def _providers(connection: psycopg.Connection) -> dict[str, str]:
    """Return the active organisations' ids by name and by credit code."""
    rows = connection.execute(
        """
        SELECT org_id, name, uscc
          FROM directory
         WHERE active
         ORDER BY registered_at DESC
        """
    ).fetchall()
    by_name = {name: org_id for org_id, name, _ in rows}
    return by_name | {uscc: org_id for org_id, _, uscc in rows if uscc}


def _advance(bar: Any) -> Callable[[], None]:
    """Return what moves a bar's only task on by one."""
    return lambda: bar.advance(bar.task_ids[0])
