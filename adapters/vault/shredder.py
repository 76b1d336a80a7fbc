"""What is left to do once the record says that something was erased: delete it, for good.

A key's row stays without its key and a text's row without its text: nothing personal is in them.
Functions take a psycopg connection first and leave the commit to the caller.
"""

import psycopg

from adapters.vault.door import hold
from adapters.vault.standing import carried_out, keep

ORPHAN_HOURS = 1
"""A sealed text of whose command the record knows nothing by then was of a refused one."""
LOCK_SECONDS_MAX = 3


def carry_out(connection: psycopg.Connection, subject_id: str, version: int, topic: str) -> bool:
    """Carry out an event of a subject's stream; False when that was done before.

    Whoever seals a text about the subject right now is waited for: it goes with the rest.
    """
    hold(connection, subject_id, alone=True)
    before = carried_out(connection, subject_id)
    standing = before.after(version, topic)
    if standing == before:
        return False
    keep(connection, subject_id, standing)
    if standing.erased == version:
        _shred(connection, subject_id, version)
    return True


def _shred(connection: psycopg.Connection, subject_id: str, generation: int) -> None:
    """Delete a subject's keys and texts of all generations before one."""
    connection.execute(
        """
        UPDATE desk.personal_keys
           SET wrapped_key = NULL
         WHERE subject_id = %s
           AND generation < %s
           AND wrapped_key IS NOT NULL
        """,
        (subject_id, generation),
    )
    connection.execute(
        """
        UPDATE desk.personal_values
           SET ciphertext = NULL
         WHERE subject_id = %s
           AND generation < %s
           AND ciphertext IS NOT NULL
        """,
        (subject_id, generation),
    )


def sweep(connection: psycopg.Connection) -> int:
    """Delete the sealed texts of commands that were never recorded; return how many."""
    connection.execute(
        """
        UPDATE desk.personal_values v
           SET recorded = true
         WHERE NOT recorded
           AND EXISTS (SELECT FROM record.commands c WHERE c.command_id = v.command_id)
        """
    )
    swept = connection.execute(
        """
        DELETE FROM desk.personal_values
         WHERE NOT recorded
           AND created_at < now() - make_interval(hours => %s)
        """,
        (ORPHAN_HOURS,),
    )
    return swept.rowcount


def scour(connection: psycopg.Connection) -> None:
    """Let PostgreSQL give up the space where deleted keys and names still stood.

    The small tables are written anew, which takes them for a moment; a text without its key is
    noise and only loses its space. Not inside a transaction. Raises LockNotAvailable when
    somebody holds a table too long.
    """
    connection.execute(f"SET lock_timeout = '{LOCK_SECONDS_MAX}s'".encode())
    try:
        connection.execute("VACUUM (FULL) desk.personal_keys, desk.accounts")
        connection.execute("VACUUM desk.personal_values, desk.sessions, desk.api_keys")
        connection.execute("VACUUM desk.signing_keys, desk.login_failures")
    finally:
        if not connection.closed:
            connection.execute("RESET lock_timeout")
