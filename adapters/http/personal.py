"""Personal text at the edge: taken in before a command is decided, opened after a row is allowed.

Nothing behind this page knows a person's words: the hub gets commitments, views and events hold
them, and only rows their reader may see are opened, at the moment of the answer.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import psycopg

from adapters.http.desk import Desk
from adapters.http.problems import EdgeProblem
from adapters.identity.accounts import Account, organization_of
from adapters.vault import door, window
from adapters.vault.sealing import MasterKey, VaultProblem
from adapters.vault.standing import Standing, standings
from adapters.vault.window import Held
from hub import personal
from hub.actor import Speaker
from hub.command import Command
from hub.departments.organization import Organization
from hub.security.commands import HOLDERS_MAX, ErasePersonalData
from hub.security.kinds import PersonalStatus
from hub.term import Language, term
from projections.directory import roles_of

PERSON = "person:"
C = TypeVar("C", bound=Command)
Row = TypeVar("Row", bound=msgspec.Struct)


async def taken_in(desk: Desk, command: C, command_id: str) -> C:
    """Exchange a command's personal texts for commitments; most commands have none."""
    if not personal.texts(command):
        return command
    try:
        return await desk.ask(lambda c: door.exchange(c, desk.master, command, command_id))
    except VaultProblem as error:
        raise _closed(error) from error


async def opened(
    desk: Desk, rows: Sequence[Row], kind: type[Row], language: Language
) -> Sequence[Row]:
    """Open the personal texts of rows their reader may see; most rows have none."""
    if not rows or not personal.commitments_in(kind):
        return rows
    return await desk.ask(lambda c: window.opened(c, key_of(desk), rows, kind, language))


async def held_about(desk: Desk, subject_id: str) -> list[Held]:
    """Return everything kept about a subject; whom it is shown to is the asker's concern."""
    return await desk.ask(lambda c: window.held_about(c, key_of(desk), subject_id))


async def known_at(desk: Desk, person_id: str) -> set[str]:
    """Return the organisations to which a person's key is known: in office there, or entered."""

    def known(connection: psycopg.Connection) -> set[str]:
        found = window.holders_of(connection, f"{PERSON}{person_id}")
        return found | {row.org_id for row in roles_of(connection, person_id)}

    return await desk.ask(known)


def key_of(desk: Desk) -> MasterKey | None:
    """Return the key that opens texts, None while its file is missing or damaged."""
    try:
        return desk.master
    except VaultProblem:
        return None


async def with_holders(desk: Desk, command: Command, by: Speaker) -> Command:
    """Look up which organisations keep something about the subject of an erasure."""
    del by
    if not isinstance(command, ErasePersonalData):
        return command
    subject_id = command.subject_id
    found = await desk.ask(lambda connection: _holders(connection, subject_id))
    return command.model_copy(update={"holder_ids": found})


async def names_shown(
    desk: Desk, accounts: Sequence[Account], language: Language
) -> dict[str, str]:
    """Return the name shown for each account, or the word in the place of one not to be shown."""
    subjects = [f"{PERSON}{each.person_id}" for each in accounts]
    found = await desk.ask(lambda connection: standings(connection, subjects))
    return {
        each.person_id: _name(each, found[f"{PERSON}{each.person_id}"], language)
        for each in accounts
    }


def _name(account: Account, standing: Standing, language: Language) -> str:
    if standing.restricted:
        return term(f"personal_status.{PersonalStatus.RESTRICTED}", language)
    if not account.display_name:
        return term(f"personal_status.{PersonalStatus.ERASED}", language)
    return account.display_name


def _holders(connection: psycopg.Connection, subject_id: str) -> tuple[str, ...]:
    """Return who keeps a text, an account's name, or employs the subject now."""
    found = window.holders_of(connection, subject_id)
    if subject_id.startswith(PERSON):
        person_id = subject_id.removeprefix(PERSON)
        found |= {row.org_id for row in roles_of(connection, person_id)}
        found.add(organization_of(connection, person_id))
    kept = sorted(each for each in found if each.startswith(f"{Organization.STREAM}:"))
    return tuple(kept[:HOLDERS_MAX])


def _closed(error: VaultProblem) -> EdgeProblem:
    return EdgeProblem(
        "unavailable", str(error), "个人信息密钥文件缺失或不匹配，请联系平台运维恢复后重试"
    )
