"""A record of its own, a key-encryption key, and how to say that somebody was erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.vault.sealing import MasterKey
from projections.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from tests.servers import Database


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return MasterKey.at(tmp_path / "secrets" / "personal.key")


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with connect(database.app_url) as opened:
        yield opened
