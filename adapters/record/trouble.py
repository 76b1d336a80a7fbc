"""What may go wrong between the hub and PostgreSQL, said so that somebody can act on it."""

import psycopg

from hub.record import RecordUnavailable

_SENTENCES = {
    "53100": "the database disk is full; nothing of this command was stored; free some space",
    "53200": "the database is out of memory; nothing of this command was stored",
    "53300": "the database has no connection left; raise max_connections or stop other programs",
    "55P03": "another session holds the lock on the record; nothing of this command was stored;"
    " find it in pg_stat_activity (idle in transaction?) and end it",
    "57014": "the database took too long and gave up; nothing of this command was stored",
    "25006": "this database is read-only (a standby?); give the address of the primary",
    "42501": "the database role may not do this; log in as hub_app and run `hub migrate`",
    "3F000": "this database holds no record yet; run `hub migrate`",
    "42P01": "this database holds no record yet; run `hub migrate`",
    "42883": "this database's record is older than the program; run `hub migrate`",
}

_AGAIN = {"40001", "40P01"}
"""Serialization failure and deadlock: rolled back whole, to be sent again at once."""


def passes(error: psycopg.Error, connection: psycopg.AsyncConnection | None) -> bool:
    """Say whether the same call may succeed over a new connection or a second time."""
    if connection is None:  # could not connect
        return isinstance(error, psycopg.OperationalError)
    return connection.closed or error.sqlstate in _AGAIN


def unavailable(error: psycopg.Error) -> RecordUnavailable | None:
    """Make the sentence for an error that would meet any command now; None for another error."""
    known = _SENTENCES.get(error.sqlstate or "")
    return RecordUnavailable(known) if known else None


def refused(error: psycopg.Error) -> RecordUnavailable:
    """Make the sentence for an error that only this command meets."""
    return RecordUnavailable(f"the database refused this command: {_first_line(error)}")


def unreachable(error: psycopg.Error, seconds: float) -> RecordUnavailable:
    """Make the sentence for a database that did not come back in time."""
    return RecordUnavailable(
        f"the database did not answer for {seconds:.0f} s ({_first_line(error)}); whether this"
        " command was stored is not known: send it again with the same command id"
    )


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
