"""The eventsourcing library's own test cases, and an unmodified Application, on our record."""

import sys
from threading import Thread
from uuid import UUID, uuid4

import eventsourcing.cryptography
import psycopg
import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    DataError,
    InfrastructureFactory,
    IntegrityError,
    NotSupportedError,
    StoredEvent,
    Tracking,
)

from adapters.record.library import GroupCommitRecorder, RecordFactory
from tests.servers import Database

# The library's test module imports the cipher made with pycryptodome, which nothing here needs;
# the library has the same cipher on `cryptography`, which is here.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)
from eventsourcing.tests.persistence import (  # noqa: E402 - after the line above
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    RecorderTestCase,
)


class _OnOurRecord(RecorderTestCase):
    @pytest.fixture(autouse=True)
    def _given_a_database(self, database: Database) -> None:
        self.database = database

    def create_recorder(self) -> GroupCommitRecorder:
        recorder = GroupCommitRecorder(self.database.app_url)
        self.addCleanup(recorder.close)
        return recorder


class TestApplicationRecorder(_OnOurRecord, ApplicationRecorderTestCase[GroupCommitRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(_OnOurRecord, NonInterleavingNotificationIDsBaseCase):
    pass


class TestTextIds(TestApplicationRecorder):
    def new_originator_id(self) -> UUID | str:
        return f"sharing.request:{uuid4()}"

    def create_recorder(self) -> GroupCommitRecorder:
        recorder = GroupCommitRecorder(self.database.app_url, text_ids=True)
        self.addCleanup(recorder.close)
        return recorder


class Dog(Aggregate):
    @event("Registered")
    def __init__(self, name: str) -> None:
        self.name = name
        self.tricks: list[str] = []

    @event("TrickAdded")
    def add_trick(self, trick: str) -> None:
        self.tricks.append(trick)


def _environment(database: Database) -> dict[str, str]:
    return {"PERSISTENCE_MODULE": "adapters.record.library", "RECORD_URL": database.app_url}


def test_an_unmodified_application_runs_on_the_record(database: Database) -> None:
    with Application[UUID](env=_environment(database)) as application:
        dog = Dog(name="阿黄")
        dog.add_trick("roll over")
        recordings = application.save(dog)
        with pytest.raises(AggregateNotFoundError):
            application.repository.get(uuid4())

    with Application[UUID](env=_environment(database)) as application:
        again: Dog = application.repository.get(dog.id)

    assert [recording.notification.id for recording in recordings] == [1, 2]
    assert (again.name, again.tricks, again.version) == ("阿黄", ["roll over"], 2)


def test_many_threads_save_at_once(database: Database) -> None:
    with Application[UUID](env=_environment(database)) as application:
        threads = [
            Thread(target=lambda: [application.save(Dog(name="x")) for _ in range(20)])
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        notifications = application.recorder.select_notifications(None, 1_000)

    assert [n.id for n in notifications] == list(range(1, 201))


def test_a_save_of_2000_large_aggregates_does_not_hang(database: Database) -> None:
    with Application[UUID](env=_environment(database)) as application:
        recordings = application.save(*(Dog(name="x" * 1_000) for _ in range(2_000)))
    assert len(recordings) == 2_000


def test_a_save_may_be_repeated_under_its_command_id(database: Database) -> None:
    recorder = GroupCommitRecorder(database.app_url)
    one = StoredEvent(uuid4(), 1, "topic", b"{}")
    try:
        first = recorder.insert_events([one], command_id="save once")
        assert recorder.insert_events([one], command_id="save once") == first
        with pytest.raises(IntegrityError, match="save once"):
            recorder.insert_events([StoredEvent(uuid4(), 1, "t", b"")], command_id="save once")
        with pytest.raises(DataError):
            recorder.insert_events([StoredEvent(uuid4(), 1, "", b"")])
        with pytest.raises(NotSupportedError):
            recorder.insert_events([one], tracking=Tracking("upstream", 1))
    finally:
        recorder.close()


def test_a_subscription_survives_a_cut_line(database: Database) -> None:
    recorder = GroupCommitRecorder(database.app_url)
    try:
        with recorder.subscribe() as subscription:
            recorder.insert_events([StoredEvent(uuid4(), 1, "a", b"")])
            assert next(subscription).id == 1
            heard: list[int] = []
            waiting = Thread(target=lambda: heard.append(next(subscription).id))
            waiting.start()
            with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
                cut = 0
                while not cut:
                    cut = superuser.execute(
                        """
                        SELECT pg_terminate_backend(pid)
                          FROM pg_stat_activity
                         WHERE query = 'LISTEN record'
                           AND datname = current_database()
                        """
                    ).rowcount
            recorder.insert_events([StoredEvent(uuid4(), 1, "b", b"")])
            waiting.join(timeout=10)
        assert heard == [2]
    finally:
        recorder.close()


def test_the_factory_keeps_events_only(database: Database) -> None:
    factory = InfrastructureFactory.construct(_environment(database))
    assert isinstance(factory, RecordFactory)
    for refused in (factory.aggregate_recorder, factory.process_recorder):
        with pytest.raises(NotSupportedError):
            refused()
    with pytest.raises(NotSupportedError):
        factory.tracking_recorder()
    with pytest.raises(OSError, match="RECORD_URL"):
        RecordFactory({}).application_recorder()
