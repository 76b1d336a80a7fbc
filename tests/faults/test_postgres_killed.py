"""kill -9 of PostgreSQL under load: nothing acknowledged is lost, nobody is answered falsely."""

import asyncio
from itertools import count

import pytest

from adapters.record.postgres import PostgresRecord
from hub.record import Appended, Write
from tests.adapters.record.writes import event, write
from tests.faults.history import History
from tests.faults.proxy import proxied
from tests.servers import Database

pytestmark = pytest.mark.anyio

CALLERS = 24
ACKNOWLEDGED_BETWEEN_KILLS = 400


class _Load:
    """Callers who write to a stream of their own, and now and then to one that all share."""

    def __init__(self, record: PostgresRecord, history: History) -> None:
        self.record = record
        self.history = history
        self.shared = 0
        self.stop = False
        self.false_conflicts: list[str] = []
        self._enough: tuple[int, asyncio.Event] = (0, asyncio.Event())

    async def caller(self, name: int) -> None:
        own = f"own:{name}"
        version = 0
        for turn in count(1):
            if self.stop:
                return
            if turn % 5 == 0:
                wish = write(event("shared", self.shared + 1), reads=((own, version),))
                if await self._ask(wish):
                    self.shared += 1
                continue
            size = 1 + turn % 3
            wish = write(*(event(own, version + n) for n in range(1, size + 1)))
            if await self._ask(wish):
                version += size
            elif wish.command_id in self.history.refused:
                self.false_conflicts.append(wish.command_id)  # nobody else writes here

    async def acknowledged(self, more: int) -> None:
        """Wait until so many more commands have been answered "stored"."""
        self._enough = (len(self.history.stored) + more, asyncio.Event())
        await self._enough[1].wait()

    async def _ask(self, wish: Write) -> Appended | None:
        answer = await self.history.ask(self.record, wish)
        if len(self.history.stored) >= self._enough[0]:
            self._enough[1].set()
        return answer


async def test_two_kills_under_load_lose_nothing_and_doubt_nothing(breakable: Database) -> None:
    history = History()
    async with PostgresRecord(breakable.app_url) as record:
        load = _Load(record, history)
        callers = [asyncio.create_task(load.caller(n)) for n in range(CALLERS)]
        for _ in range(2):
            await load.acknowledged(ACKNOWLEDGED_BETWEEN_KILLS)
            breakable.server.kill()
            await asyncio.to_thread(breakable.server.start)
        await load.acknowledged(ACKNOWLEDGED_BETWEEN_KILLS)
        load.stop = True
        await asyncio.gather(*callers)

    assert len(history.stored) >= 3 * ACKNOWLEDGED_BETWEEN_KILLS
    assert history.unknown == {}
    assert load.false_conflicts == []
    await history.check(breakable.app_url)


async def test_a_batch_whose_answer_was_lost_is_stored_once(database: Database) -> None:
    """The server commits and the line breaks before it answers: the batch is sent again."""
    history = History()
    async with (
        proxied(database.app_url) as (proxy, url),
        PostgresRecord(url) as record,
    ):
        await history.ask(record, write(event("own:first", 1)))
        for turn in range(5):
            proxy.drop_next_answer()
            wishes = [write(event(f"own:{n}", turn + 1)) for n in range(20)]
            await asyncio.gather(*(history.ask(record, wish) for wish in wishes))

    assert proxy.dropped == 5
    assert len(history.stored) == 101
    assert any(answer.repeated for _, answer in history.stored.values())
    await history.check(database.app_url)


async def test_a_database_that_stays_away_is_said_and_commands_may_be_sent_again(
    breakable: Database,
) -> None:
    history = History()
    async with PostgresRecord(breakable.app_url, patience=0.5) as record:
        await history.ask(record, write(event("own", 1)))
        breakable.server.kill()
        wish = write(event("own", 2))
        assert await history.ask(record, wish) is None
        assert "same command id" in str(history.unknown[wish.command_id][1])

        await asyncio.to_thread(breakable.server.start)
        again = await record.append(wish)

    assert again.first == 2
    del history.unknown[wish.command_id]
    history.stored[wish.command_id] = (wish, again)
    await history.check(breakable.app_url)
