"""One checkpoint a day is stamped by an outside authority, and OpenSSL believes the stamp."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.seal import stamp
from adapters.seal.stamp import DailyStamp, NoStamp, obtain
from tests.adapters.seal.authority import Authority, openssl, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.adapters.seal.sealing import Log

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def authority(made: Authority) -> Iterator[Authority]:
    made.asked, made.spoil = 0, None
    with serving(made):
        yield made


class Day:
    """A daily stamp whose clock we hold."""

    def __init__(self, log: Log, authority: Authority, certificate: Path) -> None:
        self.now = NOON
        self.said: list[str] = []
        self._log = log
        self.folder = log.settings.log_dir / stamp.FOLDER
        self.stamp = DailyStamp(
            *(authority.url, certificate, log.track, log.database.app_url),
            self.said.append,
            clock=lambda: self.now,
        )

    async def hears(self) -> None:
        """Tell it of the checkpoint as it stands and wait until it has done what it does."""
        note = self._log.files.checkpoint()
        assert note is not None
        assert await self.stamp(note) == ()
        await self.stamp.settled()


async def test_the_first_checkpoint_of_a_day_is_stamped_and_openssl_verifies_it(
    log: Log, authority: Authority
) -> None:
    log.append(3)
    await asyncio.to_thread(log.seal_all)
    day = Day(log, authority, authority.root)
    await day.hears()
    log.append(2)
    await asyncio.to_thread(log.seal_all)
    await day.hears()
    assert authority.asked == 1
    day.now += timedelta(days=1)
    await day.hears()
    assert sorted(path.name for path in day.folder.iterdir()) == [
        "2026-03-02.checkpoint",
        "2026-03-02.tsr",
        "2026-03-03.checkpoint",
        "2026-03-03.tsr",
    ]
    for name in ("2026-03-02", "2026-03-03"):
        data, answer = day.folder / f"{name}.checkpoint", day.folder / f"{name}.tsr"
        verify = ("ts", "-verify", "-in", answer, "-CAfile", authority.root)
        assert openssl(*verify, "-data", data).returncode == 0
        data.write_bytes(data.read_bytes() + b"x")
        assert openssl(*verify, "-data", data).returncode == 1
    with psycopg.connect(log.database.app_url) as connection:
        rows = connection.execute(
            "SELECT size FROM desk.checkpoints WHERE stamp IS NOT NULL ORDER BY size"
        ).fetchall()
    assert rows == [(3,), (5,)]


async def test_an_authority_that_fails_is_asked_again_later(log: Log, authority: Authority) -> None:
    log.append(1)
    await asyncio.to_thread(log.seal_all)
    day = Day(log, authority, authority.root)
    authority.spoil = b"no stamp"
    await day.hears()
    assert "no good stamp" in day.said[0]
    assert not day.folder.exists()
    authority.spoil = None
    await day.hears()
    assert authority.asked == 1
    day.now += timedelta(seconds=11)
    await day.hears()
    assert (day.folder / "2026-03-02.tsr").exists()


async def test_only_the_authority_that_was_named_is_believed(
    log: Log, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    with pytest.raises(NoStamp, match="no good stamp"):
        await obtain(authority.url, stranger.root, b"checkpoint")
    earlier = authority.folder / "answer"
    await obtain(authority.url, authority.root, b"another")
    authority.spoil = earlier.read_bytes()
    with pytest.raises(NoStamp, match="no good stamp"):  # it answers another question
        await obtain(authority.url, authority.root, b"checkpoint")
    authority.spoil = None
    with pytest.raises(NoStamp, match="cannot be read"):
        await obtain(authority.url, authority.folder / "none.pem", b"checkpoint")
    with pytest.raises(NoStamp, match="does not answer"):
        await obtain("http://127.0.0.1:1/", authority.root, b"checkpoint")
