"""The one window through which personal text is read: by commitment, for rows somebody may see.

Who may see a row is decided before (`adapters.http.reading`). Only fields that a row declares as
commitments are opened: a commitment somebody copied into free text stays what it is.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
import psycopg

from adapters.vault.sealing import DataKey, MasterKey
from adapters.vault.standing import standing_of, standings
from hub.personal import commitments_in
from hub.security.kinds import PersonalStatus
from hub.term import Language, term

Row = TypeVar("Row", bound=msgspec.Struct)


class Shown(msgspec.Struct, frozen=True):
    """What stands behind a commitment now; `text` only where it is held."""

    status: PersonalStatus
    text: str = ""

    def words(self, language: Language) -> str:
        """Return the text, or the word that stands in its place."""
        if self.status is PersonalStatus.HELD:
            return self.text
        return term(f"personal_status.{self.status}", language)


UNREADABLE = Shown(PersonalStatus.UNREADABLE)


class Held(msgspec.Struct, frozen=True):
    """One personal text kept about a subject: where it was entered, by whom kept, since when."""

    subject_id: str
    command: str
    field: str
    holder_id: str
    since: datetime
    status: PersonalStatus
    text: str = ""


class _Sealed(msgspec.Struct, frozen=True):
    subject_id: str
    generation: int
    ciphertext: bytes | None
    wrapped_key: bytes | None


def opened(
    connection: psycopg.Connection,
    master: MasterKey | None,
    rows: Sequence[Row],
    kind: type[Row],
    language: Language,
) -> list[Row]:
    """Return rows with words in the place of the commitments their class declares; one look-up."""
    names = commitments_in(kind)
    wanted = {text for row in rows for name in names if (text := getattr(row, name))}
    if not wanted:
        return list(rows)
    shown = look_up(connection, master, wanted)
    return [
        msgspec.structs.replace(
            row,
            **{
                name: shown.get(text, UNREADABLE).words(language)
                for name in names
                if (text := getattr(row, name))
            },
        )
        for row in rows
    ]


def look_up(
    connection: psycopg.Connection, master: MasterKey | None, commitments: Collection[str]
) -> dict[str, Shown]:
    """Return what stands behind commitments; one the vault does not know is left out."""
    found = {
        committed: _Sealed(*rest)
        for committed, *rest in connection.execute(
            """
            SELECT v.commitment, v.subject_id, v.generation, v.ciphertext, k.wrapped_key
              FROM desk.personal_values v
              JOIN desk.personal_keys k USING (subject_id, generation)
             WHERE v.commitment = ANY (%s)
            """,
            (list(commitments),),
        ).fetchall()
    }
    standing = standings(connection, {each.subject_id for each in found.values()})
    keys: dict[tuple[str, int], DataKey | None] = {}
    return {
        committed: _shown(
            committed,
            sealed,
            standing[sealed.subject_id].status(sealed.generation),
            master,
            keys,
        )
        for committed, sealed in found.items()
    }


def held_about(
    connection: psycopg.Connection, master: MasterKey | None, subject_id: str
) -> list[Held]:
    """Return every personal text recorded about a subject, in order (PIPL §45)."""
    rows = connection.execute(
        """
        SELECT commitment, command, field, holder_id, created_at
          FROM desk.personal_values v
         WHERE subject_id = %s
           AND (recorded
                OR EXISTS (SELECT FROM record.commands c WHERE c.command_id = v.command_id))
         ORDER BY created_at, command, field
        """,
        (subject_id,),
    ).fetchall()
    shown = look_up(connection, master, [row[0] for row in rows])
    held = []
    for committed, command, field, holder_id, since in rows:
        each = shown.get(committed, UNREADABLE)
        held.append(Held(subject_id, command, field, holder_id, since, each.status, each.text))
    return held


def is_restricted(connection: psycopg.Connection, subject_id: str) -> bool:
    """Say whether what is kept about a subject may not be used now."""
    return standing_of(connection, subject_id).restricted


def holders_of(connection: psycopg.Connection, subject_id: str) -> set[str]:
    """Return the organisations for which a text about a subject is kept that can still be read."""
    rows = connection.execute(
        """
        SELECT DISTINCT holder_id
          FROM desk.personal_values
         WHERE subject_id = %s
           AND ciphertext IS NOT NULL
           AND generation >= %s
        """,
        (subject_id, standing_of(connection, subject_id).erased),
    ).fetchall()
    return {holder_id for (holder_id,) in rows}


def _shown(
    committed: str,
    sealed: _Sealed,
    status: PersonalStatus,
    master: MasterKey | None,
    keys: dict[tuple[str, int], DataKey | None],
) -> Shown:
    if status is not PersonalStatus.HELD:
        return Shown(status)
    if master is None or sealed.ciphertext is None or sealed.wrapped_key is None:
        return UNREADABLE
    whose = (sealed.subject_id, sealed.generation)
    if whose not in keys:
        keys[whose] = master.unwrap(*whose, sealed.wrapped_key)
    key = keys[whose]
    text = None if key is None else key.open(committed, sealed.ciphertext)
    return UNREADABLE if text is None else Shown(status, text)
