"""依据登记 Legal bases: the documents that entries and requests cite, to be found by a clerk.

A document is shown as it is worded now, with the days on which it changed; its former titles
stay, because files cite it by the title it had. Whether it applies on a day is the rule of
`hub.departments.legal_basis`, asked here in SQL.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec
import psycopg

from hub.departments.events import (
    LegalBasisAmended,
    LegalBasisEvents,
    LegalBasisRegistered,
    LegalBasisRepealed,
)
from hub.departments.kinds import LegalRank
from hub.record import Recorded
from projections.projection import Key, Projection
from projections.query import as_row
from projections.words import words_of


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a document on the day it took effect; what changed, in words."""

    changed_on: date
    summary: str


class LegalBasisRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that can be cited; `valid_to` is its last day, `repealed_on` its last plus one.

    `amended_on` is the latest of the days on which it changed.
    """

    legal_basis_id: str
    title: str
    number: str
    rank: LegalRank
    issuer: str
    valid_from: date
    valid_to: date | None
    amended_on: date | None = None
    amendments: tuple[Amendment, ...] = ()
    former_titles: tuple[str, ...] = ()
    repealed_on: date | None = None
    repeal_reason: str = ""


def keys(event: LegalBasisEvents, recorded: Recorded) -> Iterable[Key]:
    """Return the document."""
    del recorded
    return ((event.legal_basis_id,),)


def fold(
    key: Key, row: LegalBasisRow | None, event: LegalBasisEvents, recorded: Recorded
) -> LegalBasisRow | None:
    """Fold one event into a document's line."""
    del key, recorded
    if isinstance(event, LegalBasisRegistered):
        return LegalBasisRow(
            legal_basis_id=event.legal_basis_id,
            title=event.title,
            number=event.number,
            rank=event.rank,
            issuer=event.issuer,
            valid_from=event.valid_from,
            valid_to=event.valid_to,
        )
    if row is None:
        return None
    if isinstance(event, LegalBasisRepealed):
        return msgspec.structs.replace(
            row, repealed_on=event.repealed_on, repeal_reason=event.reason
        )
    return _amended(row, event)


def _amended(row: LegalBasisRow, event: LegalBasisAmended) -> LegalBasisRow:
    change = Amendment(changed_on=event.changed_on, summary=event.summary)
    renamed = event.title not in {"", row.title}
    amendments = sorted((*row.amendments, change), key=lambda each: each.changed_on)
    return msgspec.structs.replace(
        row,
        title=event.title or row.title,
        number=event.number or row.number,
        amended_on=amendments[-1].changed_on,
        amendments=tuple(amendments),
        former_titles=(*row.former_titles, row.title) if renamed else row.former_titles,
    )


LEGAL_BASES = Projection(
    name="legal_bases",
    version=1,
    row=LegalBasisRow,
    key=("legal_basis_id",),
    reads=(LegalBasisRegistered, LegalBasisAmended, LegalBasisRepealed),
    keys=keys,
    fold=fold,
)


def legal_basis(connection: psycopg.Connection, legal_basis_id: str) -> LegalBasisRow | None:
    """Return one document; None if none of this id is registered."""
    with connection.cursor(row_factory=as_row(LegalBasisRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM legal_bases
             WHERE legal_basis_id = %s
            """,
            (legal_basis_id,),
        ).fetchone()


_SEARCH: Final = """
SELECT *
  FROM legal_bases
 WHERE (title, legal_basis_id) > (%(title)s, %(legal_basis_id)s)
   AND (%(rank)s = '' OR rank = %(rank)s)
   AND (%(day)s::date IS NULL
        OR (valid_from <= %(day)s
            AND (valid_to IS NULL OR valid_to >= %(day)s)
            AND (repealed_on IS NULL OR repealed_on > %(day)s)))
   AND NOT EXISTS (
       SELECT
         FROM unnest(%(words)s::text[]) AS word
        WHERE strpos(
              lower(normalize(
                  concat_ws(' ', title, number, issuer,
                            array_to_string(former_titles, ' ')),
                  NFKC)),
              word) = 0)
 ORDER BY title, legal_basis_id
 LIMIT %(limit)s
"""


def legal_bases(
    connection: psycopg.Connection,
    *,
    words: str = "",
    rank: str = "",
    in_force_on: date | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> list[LegalBasisRow]:
    """Return the documents asked for, by title; empty filters ask for all.

    Every one of the `words` must stand in the title, a former title, the number or the issuer.
    The next page begins `after` (title, legal_basis_id) of this one's last line.
    """
    title, legal_basis_id = after or ("", "")
    with connection.cursor(row_factory=as_row(LegalBasisRow)) as cursor:
        return cursor.execute(
            _SEARCH,
            {
                "words": words_of(words),
                "rank": rank,
                "day": in_force_on,
                "title": title,
                "legal_basis_id": legal_basis_id,
                "limit": limit,
            },
        ).fetchall()
