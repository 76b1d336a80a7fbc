"""How fast events become rows: all projections in one pass, against the stock library's runner."""

import asyncio
from abc import abstractmethod
from time import perf_counter
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking, TrackingRecorder
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import clear_topic_cache
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier
from uuid_utils.compat import uuid7

from adapters.bench.figure import Figure
from adapters.bench.lives import fill
from projections.connect import connect
from projections.reader import head
from projections.rebuild import rebuild
from projections.registry import PROJECTIONS

EVENTS = 500_000
STOCK_EVENTS = 3_000
PATIENCE_SECONDS = 120


def project(url: str, *, events: int = EVENTS) -> list[Figure]:
    """Measure pairs of event and view per second in a rebuild ÷ the library's ProjectionRunner.

    `url` is a migrated database as hub_app on a durable server, its record empty or filled by an
    earlier run. Ours builds every registered projection in one pass over all events, indexes and
    switch included; a pair is an event and a projection that reads it. The library projects its
    own events onto one comparable view: one line per request, changed by each event.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        missing = events - head(connection)
    asyncio.run(fill(url, missing))
    with connect(url) as connection:
        start = perf_counter()
        caught = rebuild(connection, PROJECTIONS)
        ours = caught.pairs / (perf_counter() - start)
    stock = _stock(url)
    return [
        Figure(
            name="project",
            ours=round(ours),
            other=round(stock),
            other_is=f"eventsourcing ProjectionRunner onto one view, {STOCK_EVENTS:,} events",
            ratio=round(ours / stock, 1),
            unit="event-view pairs/s",
            must=50,
            aim=150,
            parts={
                "projections": len(PROJECTIONS),
                "events": caught.position,
                "pairs": caught.pairs,
            },
        )
    ]


class _Request(Aggregate):
    """A sharing request in the library's own style."""

    @event("Submitted")
    def __init__(self, title: str, provider_id: str) -> None:
        self.title = title
        self.provider_id = provider_id
        self.status = "submitted"

    @event("Moved")
    def move(self, status: str) -> None:
        self.status = status

    @staticmethod
    def create_id(**_: Any) -> UUID:
        return uuid7()


class _Lines(TrackingRecorder):
    """What the projection needs of its view."""

    @abstractmethod
    def change(self, request_id: str, status: str, tracking: Tracking) -> None:
        """Write one line and the tracking."""


class _PostgresLines(PostgresTrackingRecorder, _Lines):
    """The view: a line per request, written with its tracking in one transaction per event."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        table = Identifier(self.datastore.schema, "request_lines")
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (request_id text PRIMARY KEY, status text NOT NULL,"
                " events bigint NOT NULL)"
            ).format(table)
        )
        self._upsert = SQL(
            "INSERT INTO {} AS l (request_id, status, events) VALUES (%s, %s, 1) ON CONFLICT"
            " (request_id) DO UPDATE SET status = excluded.status, events = l.events + 1"
        ).format(table)

    def change(self, request_id: str, status: str, tracking: Tracking) -> None:
        """Write one line and the tracking."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._upsert, (request_id, status), prepare=True)


class _LinesProjection(Projection[_Lines]):
    """Every event of a request changes its line."""

    topics: ClassVar[tuple[str, ...]] = ()  # type: ignore[misc] # the library's own attribute

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Change the line."""
        status = getattr(domain_event, "status", "submitted")
        self.view.change(str(domain_event.originator_id), status, tracking)


def _stock(url: str) -> float:
    clear_topic_cache()
    address = conninfo_to_dict(url)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(address["dbname"]),
        "POSTGRES_HOST": str(address.get("host", "")),
        "POSTGRES_PORT": str(address.get("port", "5432")),
        "POSTGRES_USER": str(address["user"]),
        "POSTGRES_PASSWORD": str(address.get("password", "")),
        "POSTGRES_SCHEMA": "stock_project",
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS stock_project CASCADE")
        connection.execute("CREATE SCHEMA stock_project")
    with Application[UUID](env=env) as application:
        last = 0
        for _ in range(STOCK_EVENTS // 5):
            request = _Request(title="居住证信息", provider_id="departments.organization:civil")
            for status in ("received", "agreed", "fulfilled", "closed"):
                request.move(status)
            last = application.save(request)[-1].notification.id
    start = perf_counter()
    with ProjectionRunner(
        application_class=Application,
        projection_class=_LinesProjection,
        view_class=_PostgresLines,
        env=env,
    ) as runner:
        runner.wait(last, timeout=PATIENCE_SECONDS)
        return STOCK_EVENTS / (perf_counter() - start)
