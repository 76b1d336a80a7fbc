"""What the runner holds of one projection: its rows in memory and what is still to be written."""

from collections.abc import Iterable
from typing import Generic

import msgspec
import psycopg

from hub.event import Event
from hub.record import Recorded
from projections.positions import Standing
from projections.projection import Key, Projection, Row
from projections.writer import Table

ROWS_MAX = 200_000
"""Rows kept in memory per projection; beyond that the oldest half is read again when needed."""


class Parcel(msgspec.Struct, Generic[Row], frozen=True):
    """Rows of one projection on their way into its table."""

    table: Table[Row]
    new: list[Row]
    changed: list[Row]
    gone: list[Key]

    def write(self, connection: psycopg.Connection) -> None:
        """Put them there."""
        self.table.remove(connection, self.gone)
        self.table.insert(connection, self.new)
        self.table.change(connection, self.changed)


class Held(Generic[Row]):
    """One projection in the runner's hands.

    `rows` holds what the table holds (None: known not to be there), including changes not yet
    written. While `complete`, a key that is not in memory is not in the table either.
    """

    def __init__(self, projection: Projection[Row]) -> None:
        """Take it up with nothing in memory."""
        self.projection = projection
        self.table = Table(projection)
        self.topics = projection.topics()
        self.heard: list[tuple[Event, Recorded]] = []
        self.failed_at: int | None = None
        self._rows: dict[Key, Row | None] = {}
        self._were_there: dict[Key, bool] = {}
        self._new: list[Row] = []
        self._complete = False
        self._stands = (0, -1)

    def at(self, standing: Standing) -> "Held[Row]":
        """Make sure that memory is what the table holds at this standing."""
        if self._stands != (standing.generation, standing.position):
            self.forget()
            self._stands = (standing.generation, standing.position)
            self._complete = standing.position == 0
        return self

    @property
    def complete(self) -> bool:
        """Say whether memory holds every row of the table."""
        return self._complete

    def forget(self) -> None:
        """Drop everything that is in memory."""
        self.heard = []
        self.failed_at = None
        self._rows = {}
        self._were_there = {}
        self._new = []
        self._complete = False
        self._stands = (0, -1)

    def take(self, connection: psycopg.Connection) -> None:
        """Fold what was heard into the rows in memory."""
        heard, self.heard = self.heard, []
        try:
            if self.projection.insert_only:
                self._take_new(heard)
            else:
                self._take(connection, heard)
        except psycopg.Error:
            self.failed_at = None
            raise

    def parcel(self) -> "Parcel[Row]":
        """Return the rows that are new, changed or gone since the last time."""
        if self.projection.insert_only:
            return Parcel(self.table, self._new, [], [])
        new: list[Row] = []
        changed: list[Row] = []
        gone: list[Key] = []
        for key, was_there in self._were_there.items():
            row = self._rows[key]
            if row is None:
                if was_there:
                    gone.append(key)
            elif was_there:
                changed.append(row)
            else:
                new.append(row)
        return Parcel(self.table, new, changed, gone)

    def settle(self, position: int) -> None:
        """Say that the parcel is on its way and that the projection stands here now."""
        self._stands = (self._stands[0], position)
        self._new = []
        self._were_there = {}
        if len(self._rows) > ROWS_MAX:
            kept = list(self._rows.items())[len(self._rows) // 2 :]
            self._rows = dict(kept)
            self._complete = False

    def _take_new(self, heard: Iterable[tuple[Event, Recorded]]) -> None:
        keys, fold, new = self.projection.keys, self.projection.fold, self._new
        recorded = None
        try:
            for event, recorded in heard:
                for key in keys(event, recorded):
                    row = fold(key, None, event, recorded)
                    if row is not None:
                        new.append(row)
        except Exception:
            self.failed_at = None if recorded is None else recorded.position
            raise

    def _take(self, connection: psycopg.Connection, heard: list[tuple[Event, Recorded]]) -> None:
        keys, fold, rows = self.projection.keys, self.projection.fold, self._rows
        recorded, were_there = None, self._were_there
        try:
            if not self._complete:
                self._fetch(connection, {key for one in heard for key in keys(*one)})
            for event, recorded in heard:
                for key in keys(event, recorded):
                    before = rows.get(key)
                    after = fold(key, before, event, recorded)
                    if after is not before:
                        if key not in were_there:
                            were_there[key] = before is not None
                        rows[key] = after
        except Exception:
            self.failed_at = None if recorded is None else recorded.position
            raise

    def _fetch(self, connection: psycopg.Connection, wanted: set[Key]) -> None:
        missing = wanted - self._rows.keys()
        if missing:
            found = self.table.fetch(connection, missing)
            for key in missing:
                self._rows[key] = found.get(key)
