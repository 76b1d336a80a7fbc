"""The fixture `hub`: a running hub with a small city, gone after the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.adapters.connectors.running import RunningHub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database


@pytest.fixture
def hub(database: Database, tmp_path: Path) -> Iterator[RunningHub]:
    running = RunningHub(database, tmp_path / "home")
    running.seed()
    try:
        running.start()
        yield running
    finally:
        running.stop()
