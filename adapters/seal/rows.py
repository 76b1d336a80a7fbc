"""The leaves of the record, computed from what stands in its rows, never taken on trust."""

from collections.abc import Callable
from typing import NamedTuple

import psycopg

from adapters.seal.trouble import CannotSeal, altered, missing, unreadable
from hub.record import Recorded, leaf_hash, rfc3339
from projections.reader import pages

Leaf = Callable[[Recorded, str], bytes]
"""A leaf of one event; the text is its `recorded_at` as `rfc3339` writes it."""


class Leaves(NamedTuple):
    """The good leaves after a position, in order, and what stopped them, if anything did."""

    hashes: list[bytes]
    trouble: CannotSeal | None = None


def read(connection: psycopg.Connection, after: int, upto: int, leaf: Leaf = leaf_hash) -> Leaves:
    """Return the leaves of the positions after … upto, as far as every row is intact.

    A row is intact when its columns give the leaf that was stored with it. A track with another
    hash gives its own `leaf`, and the stored one is checked all the same.
    """
    hashes: list[bytes] = []
    try:
        trouble = _read(connection, after, upto, leaf, hashes)
    except psycopg.DataError:  # a value that the column takes and no program does: infinity
        trouble = unreadable(after + len(hashes) + 1)
    return Leaves(hashes, trouble)


def _read(
    connection: psycopg.Connection, after: int, upto: int, leaf: Leaf, hashes: list[bytes]
) -> CannotSeal | None:
    """Add the good leaves, in order; return what stopped them."""
    position = after
    before: Recorded | None = None
    at = ""
    for page in pages(connection, after, upto=upto):
        for event in page.events:
            position += 1
            if event.position != position:
                return missing(position)
            if before is None or event.recorded_at != before.recorded_at:
                at = rfc3339(event.recorded_at)  # the events of one commit share their time
            before = event
            if leaf_hash(event, at) != event.leaf:
                return altered(position)
            hashes.append(event.leaf if leaf is leaf_hash else leaf(event, at))
    return None if position >= upto else missing(position + 1)
