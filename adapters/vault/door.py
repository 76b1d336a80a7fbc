"""The one door by which personal text comes in: sealed here, committed to in the command.

The texts are on disk before the hub decides. A command that is refused, or a process that dies
between, leaves sealed texts of which the record knows nothing; they are deleted after an hour
(`shredder.sweep`). Functions take a psycopg connection first.
"""

from typing import TypeVar

import psycopg

from adapters.vault.sealing import DataKey, MasterKey, VaultProblem, throw_away
from adapters.vault.standing import standing_of
from hub import personal
from hub.command import Command
from hub.personal import PersonalText

C = TypeVar("C", bound=Command)


def exchange(connection: psycopg.Connection, master: MasterKey, command: C, command_id: str) -> C:
    """Return the command with commitments in the place of its personal texts.

    The same command under the same id is exchanged for the same commitments, as long as nothing
    was erased between. A command that was answered before stores nothing: its repetition after
    an erasure must not bring the text back, and the hub then refuses it as another command.
    Raises Invalid where it is not said whom a text is about, VaultProblem for a wrong key file.
    """
    texts = personal.texts(command)
    if not texts:
        return command
    made: dict[str, str] = {}
    with connection.transaction():
        known = _answered(connection, command_id)
        keys = {
            subject_id: _key(connection, master, subject_id, make=not known)
            for subject_id in sorted({each.subject_id for each in texts})
        }
        for each in texts:
            key, name = keys[each.subject_id], type(command).__name__
            made[each.field], sealed = key.seal(command_id, name, each.field, each.text)
            if not known:
                _keep(connection, key, (command_id, name), each, (made[each.field], sealed))
    return personal.exchanged(command, made)


def hold(connection: psycopg.Connection, subject_id: str, *, alone: bool = False) -> None:
    """Hold a subject until the commit: those who seal hold it together, who erases alone.

    So a text is either sealed before the erasure is carried out, and goes with it, or under a key
    of the generation after.
    """
    shared = "" if alone else "_shared"
    connection.execute(
        f"SELECT pg_advisory_xact_lock{shared}(hashtextextended(%s, 14))".encode(),
        (f"shuqiao personal {subject_id}",),
    )


def _answered(connection: psycopg.Connection, command_id: str) -> bool:
    found = connection.execute(
        "SELECT FROM record.commands WHERE command_id = %s", (command_id,)
    ).fetchone()
    return found is not None


def _key(
    connection: psycopg.Connection, master: MasterKey, subject_id: str, *, make: bool
) -> DataKey:
    """Return the subject's key of today's generation; a throw-away one where none is to be made."""
    hold(connection, subject_id)
    generation = standing_of(connection, subject_id).erased
    if make:
        _require_same_file(connection, master)
        connection.execute(
            """
            INSERT INTO desk.personal_keys (subject_id, generation, key_id, wrapped_key)
            VALUES (%s, %s, %s, %s)
                ON CONFLICT (subject_id, generation) DO NOTHING
            """,
            (subject_id, generation, master.key_id, master.new_key(subject_id, generation)),
        )
    row = connection.execute(
        """
        SELECT wrapped_key
          FROM desk.personal_keys
         WHERE subject_id = %s
           AND generation = %s
        """,
        (subject_id, generation),
    ).fetchone()
    if row is None:
        return throw_away(subject_id)
    key = None if row[0] is None else master.unwrap(subject_id, generation, row[0])
    if key is None:
        raise _another_file()
    return key


def _require_same_file(connection: psycopg.Connection, master: MasterKey) -> None:
    """Seal nothing new under a file made because the right one was away: it will come back."""
    strange = connection.execute(
        """
        SELECT
          FROM desk.personal_keys
         WHERE key_id <> %s
           AND wrapped_key IS NOT NULL
         LIMIT 1
        """,
        (master.key_id,),
    ).fetchone()
    if strange is not None:
        raise _another_file()


def _another_file() -> VaultProblem:
    return VaultProblem(
        "the key file of personal data is not the one that sealed what is kept; put the right"
        " one back (setting personal_key)"
    )


def _keep(
    connection: psycopg.Connection,
    key: DataKey,
    wish: tuple[str, str],
    text: PersonalText,
    sealed: tuple[str, bytes],
) -> None:
    """Store a sealed text; one that waits for its command to be recorded is young again."""
    (command_id, command), (committed, ciphertext) = wish, sealed
    connection.execute(
        """
        INSERT INTO desk.personal_values
               (commitment, subject_id, generation, holder_id, command_id, command, field,
                ciphertext)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (commitment) DO UPDATE
           SET created_at = now()
         WHERE NOT personal_values.recorded
        """,
        (
            *(committed, key.subject_id, key.generation, text.holder_id),
            *(command_id, command, text.field, ciphertext),
        ),
    )
