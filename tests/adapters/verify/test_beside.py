"""`hub verify` covers the national track and the days' stamps too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from adapters.seal import disk
from adapters.seal.stamp import FOLDER, obtain
from adapters.verify.beside import beside
from adapters.verify.finding import Kind
from tests.adapters.seal.authority import Authority, serving
from tests.adapters.seal.test_national import NationalLog

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.verify.finding import Wrong
    from tests.servers import Database


@pytest.fixture
def sealed(database: Database, tmp_path: Path) -> NationalLog:
    log = NationalLog(database, tmp_path)
    log.append(600)
    log.seal_all()
    return log


def wrongs(log: NationalLog) -> list[Wrong]:
    return beside(log.settings, log.database.app_url).wrong


def test_an_intact_track_is_verified_to_its_end(sealed: NationalLog) -> None:
    assert beside(sealed.settings, sealed.database.app_url) == (600, 0, [])
    plain = sealed.settings.model_copy(update={"sm": False})
    assert beside(plain, sealed.database.app_url) == (0, 0, [])


def test_a_row_changed_with_its_leaf_is_named(sealed: NationalLog) -> None:
    sealed.superuser(
        """
        UPDATE record.events AS one
           SET state = other.state, leaf = other.leaf, stream_id = other.stream_id,
               version = other.version, recorded_at = other.recorded_at
          FROM record.events AS other
         WHERE one.position = 300
           AND other.position = 301
        """
    )
    [wrong] = wrongs(sealed)
    assert (wrong.kind, wrong.position) == (Kind.NATIONAL, 300)
    assert "not the log's" in wrong.sentence


def test_a_row_changed_without_its_leaf_is_named(sealed: NationalLog) -> None:
    sealed.superuser("UPDATE record.events SET version = 9 WHERE position = 555")
    [wrong] = wrongs(sealed)
    assert (wrong.position, wrong.sentence) == (555, "the row differs from its leaf")


def test_a_checkpoint_nobody_signed_a_lost_tile_and_a_guard_ahead_are_said(
    sealed: NationalLog,
) -> None:
    place = sealed.files.folder / "checkpoint"
    kept = place.read_bytes()
    place.write_bytes(kept.replace(b"\n600\n", b"\n599\n"))
    assert "no valid SM2 signature" in wrongs(sealed)[0].sentence
    place.write_bytes(b"nothing")
    assert "cannot be verified" in wrongs(sealed)[0].sentence
    place.write_bytes(kept)
    guard = sealed.track.guard.path
    text = guard.read_text()
    guard.write_text(text.replace("\n600\n", "\n700\n"))
    assert "guard" in wrongs(sealed)[0].sentence
    guard.write_text(text)
    tile = sealed.files.folder / "tile/0/001"
    tile.write_bytes(tile.read_bytes()[:-32])
    assert "cannot be read" in wrongs(sealed)[0].sentence


def test_the_stamps_of_the_days_are_checked(
    sealed: NationalLog, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = sealed.settings.log_dir / FOLDER
    with serving(Authority(tmp_path_factory.mktemp("authority"))) as authority:
        stamp = asyncio.run(obtain(authority.url, authority.root, b"a day"))
    disk.put(folder, {"2026-03-02.checkpoint": b"a day", "2026-03-02.tsr": stamp})
    settings = sealed.settings.model_copy(update={"tsa_certificate": authority.root})
    assert beside(settings, sealed.database.app_url) == (600, 1, [])
    (folder / "2026-03-02.checkpoint").write_bytes(b"another day")
    found = beside(settings, sealed.database.app_url)
    assert (found.stamps, [one.kind for one in found.wrong]) == (0, [Kind.STAMP])
