"""A log of its own for each test."""

from pathlib import Path

import pytest

from tests.adapters.seal.sealing import Log
from tests.servers import Database


@pytest.fixture
def log(database: Database, tmp_path: Path) -> Log:
    return Log(database, tmp_path)
