"""What opens the door: sessions, API keys, signing keys. Stored as hashes, shown once.

A session token begins `hubs_`, an API key `hubk_<prefix>_`: whoever finds one in a log knows what
it is and can revoke it by its prefix. Functions take a psycopg connection first.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
import psycopg
from psycopg.rows import class_row

from hub.errors import Conflict, NotFound

SESSION_HOURS = 10
"""A working day and its evening; afterwards one logs in again."""
SESSION_PREFIX = "hubs_"
KEY_PREFIX = "hubk_"


class Identified(msgspec.Struct, frozen=True):
    """The account behind a credential."""

    person_id: str
    org_id: str
    kind: str
    standing: str | None
    expires_at: datetime | None = None


class ApiKey(msgspec.Struct, frozen=True):
    """An API key as its owner sees it later: never the key itself."""

    prefix: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def digest(token: str) -> bytes:
    """Return what is stored of a random token: its SHA-256 (nothing to guess, so no salt)."""
    return hashlib.sha256(token.encode()).digest()


def start_session(connection: psycopg.Connection, person_id: str) -> tuple[str, datetime]:
    """Begin a session; return its token, shown only now, and when it ends."""
    token = SESSION_PREFIX + secrets.token_urlsafe(32)
    row = connection.execute(
        """
        INSERT INTO desk.sessions (token_hash, person_id, expires_at)
        VALUES (%s, %s, now() + %s)
        RETURNING expires_at
        """,
        (digest(token), person_id, timedelta(hours=SESSION_HOURS)),
    ).fetchone()
    assert row is not None
    return token, row[0]


def end_session(connection: psycopg.Connection, token: str) -> None:
    """End a session; one that is gone already stays gone."""
    connection.execute("DELETE FROM desk.sessions WHERE token_hash = %s", (digest(token),))


def behind_session(connection: psycopg.Connection, token: str) -> Identified | None:
    """Return the account of a running session."""
    with connection.cursor(row_factory=class_row(Identified)) as cursor:
        return cursor.execute(
            """
            SELECT person_id, org_id, kind, standing, expires_at
              FROM desk.sessions
              JOIN desk.accounts USING (person_id)
             WHERE token_hash = %s
               AND expires_at > now()
               AND status = 'active'
            """,
            (digest(token),),
        ).fetchone()


def create_api_key(
    connection: psycopg.Connection, person_id: str, label: str, days: int | None = None
) -> str:
    """Make an API key for an account and return it; it is shown only now."""
    prefix = secrets.token_hex(6)
    key = f"{KEY_PREFIX}{prefix}_{secrets.token_urlsafe(32)}"
    connection.execute(
        """
        INSERT INTO desk.api_keys (prefix, key_hash, person_id, label, expires_at)
        VALUES (%s, %s, %s, %s, now() + %s)
        """,
        (prefix, digest(key), person_id, label, None if days is None else timedelta(days=days)),
    )
    return key


def api_keys_of(connection: psycopg.Connection, person_id: str) -> list[ApiKey]:
    """Return the keys of an account, newest first."""
    with connection.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(
            """
            SELECT prefix, label, created_at, expires_at, revoked_at
              FROM desk.api_keys
             WHERE person_id = %s
             ORDER BY created_at DESC, prefix
            """,
            (person_id,),
        ).fetchall()


def revoke_api_key(connection: psycopg.Connection, person_id: str, prefix: str) -> None:
    """Revoke a key of an account; raises NotFound."""
    revoked = connection.execute(
        """
        UPDATE desk.api_keys
           SET revoked_at = coalesce(revoked_at, now())
         WHERE prefix = %s
           AND person_id = %s
        """,
        (prefix, person_id),
    )
    if revoked.rowcount == 0:
        raise NotFound(
            f"{person_id} has no key “{prefix}”", f"{person_id}没有密钥“{prefix}”", where="prefix"
        )


def behind_api_key(connection: psycopg.Connection, key: str) -> Identified | None:
    """Return the account of a valid API key; the hash is compared in constant time."""
    prefix = key.removeprefix(KEY_PREFIX).partition("_")[0]
    found = connection.execute(
        """
        SELECT key_hash, person_id, org_id, kind, standing, expires_at
          FROM desk.api_keys
          JOIN desk.accounts USING (person_id)
         WHERE prefix = %s
           AND revoked_at IS NULL
           AND (expires_at IS NULL OR expires_at > now())
           AND status = 'active'
        """,
        (prefix,),
    ).fetchone()
    if found is None or not hmac.compare_digest(found[0], digest(key)):
        return None
    return Identified(*found[1:])


def register_signing_key(
    connection: psycopg.Connection, key_id: str, public_key: bytes, person_id: str, label: str
) -> None:
    """Register the public key of a machine; raises Conflict when the key id is taken."""
    made = connection.execute(
        """
        INSERT INTO desk.signing_keys (key_id, public_key, person_id, label)
        VALUES (%s, %s, %s, %s)
            ON CONFLICT (key_id) DO NOTHING
        """,
        (key_id, public_key, person_id, label),
    )
    if made.rowcount == 0:
        raise Conflict(
            f"the key id “{key_id}” is taken; choose another",
            f"密钥标识“{key_id}”已被使用，请换用其他标识",
            where="key_id",
        )


def behind_signing_key(
    connection: psycopg.Connection, key_id: str
) -> tuple[bytes, Identified] | None:
    """Return a machine's public key and its account."""
    found = connection.execute(
        """
        SELECT public_key, person_id, org_id, kind, standing
          FROM desk.signing_keys
          JOIN desk.accounts USING (person_id)
         WHERE key_id = %s
           AND revoked_at IS NULL
           AND status = 'active'
        """,
        (key_id,),
    ).fetchone()
    return None if found is None else (found[0], Identified(*found[1:]))


def take_nonce(connection: psycopg.Connection, key_id: str, nonce: str) -> bool:
    """Note that a signed request was seen; False when it had been seen before."""
    noted = connection.execute(
        """
        INSERT INTO desk.nonces (key_id, nonce)
        VALUES (%s, %s)
            ON CONFLICT DO NOTHING
        """,
        (key_id, nonce),
    )
    return noted.rowcount == 1


def sweep(connection: psycopg.Connection) -> None:
    """Remove what time has made useless: ended sessions, old nonces, old failures."""
    connection.execute("DELETE FROM desk.sessions WHERE expires_at < now()")
    connection.execute("DELETE FROM desk.nonces WHERE seen_at < now() - interval '15 minutes'")
    connection.execute(
        "DELETE FROM desk.login_failures WHERE failed_at < now() - interval '1 hour'"
    )
