"""Accounts: which person or machine speaks for which organisation, under which name.

The name can be corrected and an account closed; events know only the person's key. Each function
takes a psycopg connection first and leaves the commit to the caller's `with` block.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
import psycopg
from psycopg.rows import class_row

from hub.actor import Role
from hub.errors import Conflict, NotFound


class Kind(StrEnum):
    """Who is behind an account: a person, or the adapter of a system."""

    PERSON = "person"
    ADAPTER = "adapter"


class Account(msgspec.Struct, frozen=True):
    """One account as it stands."""

    person_id: str
    org_id: str
    display_name: str
    kind: str
    standing: str | None
    active: bool
    created_at: datetime


def create_account(
    connection: psycopg.Connection,
    person_id: str,
    org_id: str,
    display_name: str,
    *,
    kind: Kind = Kind.PERSON,
    standing: Role | None = None,
    password_hash: str | None = None,
) -> None:
    """Open an account; raises Conflict when the key is taken.

    An erased account, which has no name, is opened anew for who is back in the same organisation.
    """
    made = connection.execute(
        """
        INSERT INTO desk.accounts (person_id, org_id, display_name, kind, standing, password)
        VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (person_id) DO UPDATE
           SET display_name = excluded.display_name,
               password = excluded.password,
               status = 'active',
               changed_at = now()
         WHERE accounts.status = 'closed'
           AND accounts.display_name = ''
           AND accounts.org_id = excluded.org_id
           AND accounts.kind = excluded.kind
           AND excluded.standing IS NULL
        """,
        (person_id, org_id, display_name, kind, standing, password_hash),
    )
    if made.rowcount == 0:
        raise Conflict(
            f"there is an account “{person_id}” already; choose another key",
            f"账号“{person_id}”已存在，请换用其他标识",
            where="person_id",
        )


def find_account(connection: psycopg.Connection, person_id: str) -> Account:
    """Return an account; raises NotFound."""
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        found = cursor.execute(
            """
            SELECT person_id, org_id, display_name, kind, standing,
                   status = 'active' AS active, created_at
              FROM desk.accounts
             WHERE person_id = %s
            """,
            (person_id,),
        ).fetchone()
    if found is None:
        raise NotFound(
            f"there is no account “{person_id}”", f"不存在账号“{person_id}”", where="person_id"
        )
    return found


def accounts_of(
    connection: psycopg.Connection, org_id: str, *, after: str = "", limit: int = 100
) -> list[Account]:
    """Return the accounts of an organisation by key, those after the given one."""
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(
            """
            SELECT person_id, org_id, display_name, kind, standing,
                   status = 'active' AS active, created_at
              FROM desk.accounts
             WHERE org_id = %s
               AND person_id > %s
             ORDER BY person_id
             LIMIT %s
            """,
            (org_id, after, limit),
        ).fetchall()


def password_of(connection: psycopg.Connection, person_id: str) -> str | None:
    """Return the stored hash of a password, None where there is none."""
    found = connection.execute(
        "SELECT password FROM desk.accounts WHERE person_id = %s", (person_id,)
    ).fetchone()
    return None if found is None else found[0]


def set_password(connection: psycopg.Connection, person_id: str, password_hash: str) -> None:
    """Give an account a new password and end its sessions; raises NotFound."""
    find_account(connection, person_id)
    connection.execute(
        """
        UPDATE desk.accounts
           SET password = %s, changed_at = now()
         WHERE person_id = %s
        """,
        (password_hash, person_id),
    )
    connection.execute("DELETE FROM desk.sessions WHERE person_id = %s", (person_id,))


def rename_account(connection: psycopg.Connection, person_id: str, display_name: str) -> None:
    """Correct the name shown for a person; raises NotFound."""
    find_account(connection, person_id)
    connection.execute(
        """
        UPDATE desk.accounts
           SET display_name = %s, changed_at = now()
         WHERE person_id = %s
        """,
        (display_name, person_id),
    )


def close_account(connection: psycopg.Connection, person_id: str) -> None:
    """Close an account: its sessions end, its keys open nothing; raises NotFound."""
    find_account(connection, person_id)
    connection.execute(
        """
        UPDATE desk.accounts
           SET status = 'closed', changed_at = now()
         WHERE person_id = %s
        """,
        (person_id,),
    )
    connection.execute("DELETE FROM desk.sessions WHERE person_id = %s", (person_id,))


def erase_account(connection: psycopg.Connection, person_id: str) -> None:
    """Blank an account's name and close it for good; sessions, keys and failed tries go.

    Nothing happens where there is no account. The key stays: the record speaks of it.
    """
    connection.execute(
        """
        UPDATE desk.accounts
           SET display_name = '',
               password = NULL,
               status = 'closed',
               changed_at = now()
         WHERE person_id = %s
        """,
        (person_id,),
    )
    connection.execute("DELETE FROM desk.sessions WHERE person_id = %s", (person_id,))
    connection.execute("DELETE FROM desk.api_keys WHERE person_id = %s", (person_id,))
    connection.execute("DELETE FROM desk.signing_keys WHERE person_id = %s", (person_id,))
    connection.execute("DELETE FROM desk.login_failures WHERE person_id = %s", (person_id,))


def organization_of(connection: psycopg.Connection, person_id: str) -> str:
    """Return the organisation that keeps a person's name with his account; nothing if none does."""
    found = connection.execute(
        """
        SELECT org_id
          FROM desk.accounts
         WHERE person_id = %s
           AND display_name <> ''
        """,
        (person_id,),
    ).fetchone()
    return "" if found is None else str(found[0])
