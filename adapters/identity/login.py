"""Logging in with a password, and the limit on trying.

The count of failures stands in the database, so it holds for all API processes together.
"""

from datetime import datetime, timedelta

import msgspec
import psycopg

from adapters.identity.credentials import start_session
from adapters.identity.passwords import password_matches
from adapters.identity.words import TooManyTries, Unauthenticated

FAILURES_PERSON_MAX = 8
FAILURES_ADDRESS_MAX = 50
"""More than per person: a whole department may come from one address."""
WINDOW = timedelta(minutes=10)


class Session(msgspec.Struct, frozen=True):
    """A session just begun: the token is shown only now."""

    token: str
    expires_at: datetime
    person_id: str
    org_id: str
    display_name: str


def log_in(connection: psycopg.Connection, person_id: str, password: str, address: str) -> Session:
    """Begin a session with a password; raises Unauthenticated or TooManyTries.

    The refusal is the same for a wrong name and a wrong password. The connection must be in
    autocommit: a failure has to be remembered although the log-in is refused.
    """
    _check_tries(connection, person_id, address)
    found = connection.execute(
        """
        SELECT password, org_id, display_name
          FROM desk.accounts
         WHERE person_id = %s
           AND status = 'active'
        """,
        (person_id,),
    ).fetchone()
    stored, org_id, display_name = found or (None, "", "")
    if not password_matches(stored, password):
        connection.execute(
            "INSERT INTO desk.login_failures (person_id, address) VALUES (%s, %s)",
            (person_id, address),
        )
        raise Unauthenticated(
            "the name or the password is wrong; after several failures the door stays shut a while",
            "用户名或密码不正确，多次失败后将暂时禁止登录",
        )
    connection.execute("DELETE FROM desk.login_failures WHERE person_id = %s", (person_id,))
    token, expires_at = start_session(connection, person_id)
    return Session(token, expires_at, person_id, org_id, display_name)


def _check_tries(connection: psycopg.Connection, person_id: str, address: str) -> None:
    row = connection.execute(
        """
        SELECT count(*) FILTER (WHERE person_id = %(person_id)s),
               count(*) FILTER (WHERE address = %(address)s)
          FROM desk.login_failures
         WHERE (person_id = %(person_id)s OR address = %(address)s)
           AND failed_at > now() - %(window)s
        """,
        {"person_id": person_id, "address": address, "window": WINDOW},
    ).fetchone()
    assert row is not None
    if row[0] >= FAILURES_PERSON_MAX or row[1] >= FAILURES_ADDRESS_MAX:
        minutes = int(WINDOW.total_seconds() // 60)
        raise TooManyTries(
            f"too many failed log-ins; try again in {minutes} minutes or ask for a new password",
            f"登录失败次数过多，请{minutes}分钟后再试或联系管理员重置密码",
            retry_after=int(WINDOW.total_seconds()),
        )
