"""The record behind the eventsourcing library: set PERSISTENCE_MODULE=adapters.record.library.

An unmodified `Application` then stores its events in the same record, with the same group
commit, positions and append-only rules. RECORD_URL is the address of the database as hub_app;
ORIGINATOR_ID_TYPE=text says that aggregate ids are text and not UUIDs.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain, islice
from typing import Any, Never
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DataError,
    InfrastructureFactory,
    IntegrityError,
    Notification,
    NotSupportedError,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from adapters.record.sync import SyncRecord
from hub.errors import CommandReused
from hub.record import (
    NewEvent,
    Overloaded,
    RecordUnavailable,
    Unrecordable,
    VersionConflict,
    Write,
)
from projections.archived import reach
from projections.reader import await_growth, head, listen, pages, stream

_PAGE = 500
"""Notifications a subscription reads at once."""


class GroupCommitRecorder(ApplicationRecorder):
    """The library's application recorder on the hub's record."""

    def __init__(self, conninfo: str, *, text_ids: bool = False) -> None:
        """Connect; `text_ids` says that originator ids are text and not UUIDs."""
        self._record = SyncRecord(conninfo)
        self._conninfo = conninfo
        self._reading = ConnectionPool(
            conninfo, min_size=1, max_size=8, kwargs={"autocommit": True}, open=True
        )
        self._id: type[str | UUID] = str if text_ids else UUID

    def close(self) -> None:
        """Hang up."""
        self._record.close()
        self._reading.close()

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Store these events whole or not at all, and return their positions.

        The keyword `command_id` makes the call repeatable; without one it gets a new id.
        """
        if kwargs.get("tracking") is not None:
            raise NotSupportedError("the record keeps no tracking; projections keep their position")
        if not stored_events:
            return []
        events = tuple(
            NewEvent(str(e.originator_id), e.originator_version, e.topic, 1, e.state)
            for e in stored_events
        )
        write = Write(str(kwargs.get("command_id") or uuid7()), _fingerprint(events), events)
        try:
            appended = self._record.append(write)
        except (VersionConflict, CommandReused) as error:
            raise IntegrityError(str(error)) from error
        except Unrecordable as error:
            raise DataError(str(error)) from error
        except (Overloaded, RecordUnavailable) as error:
            raise OperationalError(str(error)) from error
        return list(range(appended.first, appended.first + appended.count))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return events of one stream between two versions."""
        with self._looking() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(
                f"""
                SELECT stream_id, version, topic, state
                  FROM record.events
                 WHERE stream_id = %s
                   AND (%s::int IS NULL OR version > %s)
                   AND (%s::int IS NULL OR version <= %s)
                 ORDER BY version {"DESC" if desc else "ASC"}
                 LIMIT %s
                """.encode(),  # noqa: S608 - one of two constants
                (str(originator_id), gt, gt, lte, lte, limit),
                binary=True,
            ).fetchall()
            if reach(connection):
                rows = [
                    (e.stream_id, e.version, e.topic, e.state)
                    for e in stream(connection, str(originator_id), -1 if gt is None else gt)
                    if lte is None or e.version <= lte
                ]
                rows = (rows[::-1] if desc else rows)[:limit]
        return [StoredEvent(self._id(stream_id), *rest) for stream_id, *rest in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events by position, from `start` to `stop`, at most `limit`."""
        first = (start or 0) + (0 if start is None or inclusive_of_start else 1)
        with self._looking() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(
                """
                SELECT stream_id, version, topic, state, position
                  FROM record.events
                 WHERE position >= %s
                   AND (%s::bigint IS NULL OR position <= %s)
                   AND (cardinality(%s::text[]) = 0 OR topic = ANY (%s))
                 ORDER BY position
                 LIMIT %s
                """,
                (first, stop, stop, list(topics), list(topics), limit),
                binary=True,
            ).fetchall()
            if first <= reach(connection):
                found = pages(connection, max(first, 1) - 1, upto=stop, topics=list(topics) or None)
                events = islice(chain.from_iterable(page.events for page in found), limit)
                rows = [(e.stream_id, e.version, e.topic, e.state, e.position) for e in events]
        return [Notification(self._id(stream_id), *rest) for stream_id, *rest in rows]

    def max_notification_id(self) -> int | None:
        """Return the last position, None when nothing is recorded yet."""
        with self._looking() as connection:
            return head(connection) or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> "RecordSubscription":
        """Return an iterator over events as they are recorded, after a position."""
        return RecordSubscription(self, gt=gt, topics=topics)

    def listen(self) -> psycopg.Connection:
        """Return a connection on which the record's growth is announced."""
        connection = psycopg.connect(self._conninfo, autocommit=True)
        listen(connection)
        return connection

    @contextmanager
    def _looking(self) -> Iterator[psycopg.Connection]:
        try:
            with self._reading.connection() as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise OperationalError(str(error)) from error


class RecordSubscription(Subscription[GroupCommitRecorder]):
    """Events as they are recorded: waits for a call, looks every second, opens a lost line again.

    `stop` ends it from any thread, within a second if it is waiting.
    """

    def __init__(
        self, recorder: GroupCommitRecorder, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        """Begin after a position; connects when there is nothing left to read."""
        super().__init__(recorder, gt, topics)
        self._page: deque[Notification] = deque()
        self._line: psycopg.Connection | None = None

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if self._page:
                notification = self._page.popleft()
                self._last_notification_id = notification.id
                return notification
            after = self._last_notification_id or 0
            self._page.extend(
                self._recorder.select_notifications(
                    after, _PAGE, None, self._topics, inclusive_of_start=False
                )
            )
            if not self._page:
                self._wait()
        self._hang_up()
        raise StopIteration

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        super().__exit__(*args, **kwargs)
        self._hang_up()

    def _wait(self) -> None:
        try:
            if self._line is None:
                self._line = self._recorder.listen()
                return  # what came before we listened was not announced to us: look first
            await_growth(self._line, self._last_notification_id or 0)
        except psycopg.OperationalError:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _fingerprint(events: Sequence[NewEvent]) -> bytes:
    digest = sha256()
    for event in events:
        digest.update(f"{event.stream_id} {event.version} {event.topic} ".encode())
        digest.update(sha256(event.state).digest())
    return digest.digest()


class RecordFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorder for `Application`; snapshots and tracking are not kept here."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        """Read RECORD_URL and ORIGINATOR_ID_TYPE."""
        super().__init__(env)
        self._recorders: list[GroupCommitRecorder] = []

    def application_recorder(self) -> GroupCommitRecorder:
        """Return a recorder on the record at RECORD_URL."""
        url = self.env.get("RECORD_URL")
        if not url:
            raise OSError("set RECORD_URL to the address of the hub's database")
        text_ids = (self.env.get("ORIGINATOR_ID_TYPE") or "uuid").lower() == "text"
        recorder = GroupCommitRecorder(url, text_ids=text_ids)
        self._recorders.append(recorder)
        return recorder

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Refuse: streams are short, states are folded from events."""
        return self._not_kept(purpose)

    def tracking_recorder(
        self,
        tracking_recorder_class: type[TrackingRecorder] | None = None,  # noqa: ARG002 - the library's signature
    ) -> TrackingRecorder:
        """Refuse: projections keep their own position."""
        return self._not_kept("tracking")

    def process_recorder(self) -> ProcessRecorder:
        """Refuse: projections keep their own position."""
        return self._not_kept("tracking")

    def close(self) -> None:
        """Hang up all recorders made here."""
        for recorder in self._recorders:
            recorder.close()

    @staticmethod
    def _not_kept(what: str) -> Never:
        raise NotSupportedError(f"the record keeps events only, no {what}")
