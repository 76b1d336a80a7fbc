"""目录查询 Questions to the catalogue: finding entries, what cites a law, the next free code."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import psycopg

from projections.catalogue import CatalogueRow
from projections.query import as_row
from projections.words import query_grams, words_of


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; empty means all.

    `words` are searched in title, code, items, themes, duty and abstract; `class_prefix` is a
    class code or its beginning; `in_force=None` asks for drafts and withdrawn entries too.
    """

    words: str = ""
    provider_id: str = ""
    class_prefix: str = ""
    share_type: str = ""
    grade: str = ""
    theme: str = ""
    status: str = ""
    in_force: bool | None = True


class Counted(msgspec.Struct, frozen=True):
    """How many entries in force a provider has in one class of sharing."""

    provider_id: str
    share_type: str
    entries: int


def entry(connection: psycopg.Connection, entry_id: str) -> CatalogueRow | None:
    """Return one entry's line; None when there is no such entry."""
    with connection.cursor(row_factory=as_row(CatalogueRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue
             WHERE entry_id = %s
            """,
            (entry_id,),
        ).fetchone()


def entries(
    connection: psycopg.Connection,
    wanted: Wanted,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> list[CatalogueRow]:
    """Return the entries asked for, by catalogue code.

    The next page begins `after` (catalog_code, entry_id) of this one's last line.
    """
    code, entry_id = after or ("", "")
    words = words_of(wanted.words)
    with connection.cursor(row_factory=as_row(CatalogueRow)) as cursor:
        return cursor.execute(
            """
            SELECT *
              FROM catalogue
             WHERE (catalog_code, entry_id) > (%(code)s, %(entry_id)s)
               AND grams @> %(grams)s
               AND words LIKE ALL (%(patterns)s)
               AND (%(in_force)s::boolean IS NULL OR in_force = %(in_force)s)
               AND (%(provider_id)s = '' OR provider_id = %(provider_id)s)
               AND starts_with(class_code, %(class_prefix)s)
               AND (%(share_type)s = '' OR share_type = %(share_type)s)
               AND (%(grade)s = '' OR grade = %(grade)s)
               AND (%(theme)s = '' OR %(theme)s = ANY (themes))
               AND (%(status)s = '' OR status = %(status)s)
             ORDER BY catalog_code, entry_id
             LIMIT %(limit)s
            """,
            {
                **msgspec.structs.asdict(wanted),
                "grams": list(query_grams(words)),
                "patterns": [f"%{_literal(word)}%" for word in words],
                "code": code,
                "entry_id": entry_id,
                "limit": limit,
            },
        ).fetchall()


def citing(connection: psycopg.Connection, legal_basis_id: str, *, before: datetime) -> list[str]:
    """Return the entries in force that cite a legal basis: they must be updated when it changes.

    A version published only after `before`, when the change was known, was reviewed in its light.
    """
    found = connection.execute(
        """
        SELECT entry_id
          FROM catalogue
         WHERE basis_ids @> %s
           AND in_force
           AND published_at <= %s
         ORDER BY entry_id
        """,
        ([legal_basis_id], before),
    )
    return [entry_id for (entry_id,) in found.fetchall()]


def next_code(connection: psycopg.Connection, class_code: str) -> str:
    """Propose the next catalogue code of a class; whoever submits first has it."""
    row = connection.execute(
        """
        SELECT coalesce(max(split_part(catalog_code, '/', 2)::bigint), 0) + 1
          FROM catalogue
         WHERE class_code = %s
           AND catalog_code ~ '^[0-9A-Za-z]+/[0-9]{1,12}$'
        """,
        (class_code,),
    ).fetchone()
    return f"{class_code}/{row[0] if row else 1:06}"


def counted(connection: psycopg.Connection) -> Sequence[Counted]:
    """Count the entries in force by provider and class of sharing."""
    with connection.cursor(row_factory=as_row(Counted)) as cursor:
        return cursor.execute(
            """
            SELECT provider_id, share_type, count(*) AS entries
              FROM catalogue
             WHERE in_force
             GROUP BY provider_id, share_type
             ORDER BY provider_id, share_type
            """
        ).fetchall()


def _literal(word: str) -> str:
    """Return a word so that LIKE takes it letter by letter; `_` is a letter of words."""
    return word.replace("_", r"\_")
