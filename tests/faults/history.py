"""The history checker: what callers were told, held against what the record holds afterwards.

Every fault test writes into a History and calls `check` when the fault is over.
"""

from dataclasses import dataclass, field

import psycopg

from adapters.record.postgres import PostgresRecord
from hub.record import Appended, VersionConflict, Write


@dataclass
class History:
    """Who asked for what, and what was answered: stored, refused, or nothing certain."""

    stored: dict[str, tuple[Write, Appended]] = field(default_factory=dict)
    refused: dict[str, Write] = field(default_factory=dict)
    unknown: dict[str, tuple[Write, Exception]] = field(default_factory=dict)

    async def ask(self, record: PostgresRecord, wish: Write) -> Appended | None:
        """Send a write and remember the answer; None when it was not stored for certain."""
        try:
            answer = await record.append(wish)
        except VersionConflict:
            self.refused[wish.command_id] = wish
            return None
        except Exception as error:  # noqa: BLE001 - every other answer leaves it open
            self.unknown[wish.command_id] = (wish, error)
            return None
        self.stored[wish.command_id] = (wish, answer)
        return answer

    async def check(self, url: str) -> None:
        """Assert everything that must hold after any fault."""
        with psycopg.connect(url) as auditor:
            _record_is_whole(auditor)
            events = _events_by_command(auditor)
        for command_id, (wish, answer) in self.stored.items():
            expected = [
                (answer.first + n, e.stream_id, e.version, e.state, answer.recorded_at)
                for n, e in enumerate(wish.events)
            ]
            assert events.get(command_id) == expected, f"{command_id} was acknowledged"
        for command_id in self.refused:
            assert command_id not in events, f"{command_id} was refused, yet it is stored"
        everybody = self.stored.keys() | self.refused.keys() | self.unknown.keys()
        assert events.keys() <= everybody, "stored without having been asked for"
        async with PostgresRecord(url) as record:
            await self._ask_again(record)
            await self._settle_unknown(record, set(events))

    async def _ask_again(self, record: PostgresRecord) -> None:
        for wish, answer in self.stored.values():
            again = await record.append(wish)
            assert again.repeated
            assert (again.first, again.count) == (answer.first, answer.count)
            assert again.recorded_at == answer.recorded_at

    async def _settle_unknown(self, record: PostgresRecord, stored: set[str]) -> None:
        """Sending an open command again tells what became of it: nobody stays in doubt."""
        for command_id, (wish, _) in self.unknown.items():
            try:
                answer = await record.append(wish)
            except VersionConflict:
                assert command_id not in stored
            else:
                assert answer.repeated == (command_id in stored)


Event = tuple[int, str, int, bytes, object]


def _events_by_command(auditor: psycopg.Connection) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for command_id, *event in auditor.execute(
        """
        SELECT c.command_id, e.position, e.stream_id, e.version, e.state, e.recorded_at
          FROM record.commands c
          JOIN record.events e
            ON e.position BETWEEN c.first AND c.first + c.count - 1
         ORDER BY e.position
        """
    ):
        position, stream_id, version, state, recorded_at = event
        found.setdefault(command_id, []).append((position, stream_id, version, state, recorded_at))
    return found


BREAKS = {
    "a position outside 1..head": """
        SELECT position FROM record.events
         WHERE position NOT BETWEEN 1 AND (SELECT position FROM record.log_head)
    """,
    "a stream whose versions are not 1..n": """
        SELECT stream_id FROM record.events
         GROUP BY stream_id
        HAVING min(version) <> 1 OR max(version) <> count(*)
            OR count(DISTINCT version) <> count(*)
    """,
    "a stream whose version is not that of its last event": """
        SELECT stream_id
          FROM record.streams
          FULL JOIN (SELECT stream_id, max(version) AS last
                       FROM record.events GROUP BY stream_id) e USING (stream_id)
         WHERE version IS DISTINCT FROM last
    """,
    "a leaf that is not that of its event": """
        SELECT position FROM record.audit WHERE intact IS NOT TRUE
    """,
    "an event that belongs to no command, or to two": """
        SELECT position
          FROM record.events e
          LEFT JOIN record.commands c
            ON e.position BETWEEN c.first AND c.first + c.count - 1
         GROUP BY position
        HAVING count(c.command_id) <> 1
    """,
    "a time that runs backwards": """
        SELECT position
          FROM (SELECT position, recorded_at,
                       lag(recorded_at) OVER (ORDER BY position) AS before
                  FROM record.events) e
         WHERE before > recorded_at
    """,
}
"""What may not be in a record -> the question that finds it."""


def _record_is_whole(auditor: psycopg.Connection) -> None:
    assert _one(auditor, "SELECT position FROM record.log_head") == _one(
        auditor, "SELECT count(*) FROM record.events"
    ), "positions are not dense from 1 to the head"
    for fault, query in BREAKS.items():
        assert auditor.execute(query.encode()).fetchall() == [], fault


def _one(auditor: psycopg.Connection, query: str) -> object:
    row = auditor.execute(query.encode()).fetchone()
    return row[0] if row else None
