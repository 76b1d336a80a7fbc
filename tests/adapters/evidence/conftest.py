"""A sealed and witnessed record for the tests of bundles."""

from pathlib import Path

import pytest

from tests.adapters.evidence.making import Court
from tests.servers import Database


@pytest.fixture
def court(database: Database, tmp_path: Path) -> Court:
    court = Court(database, tmp_path / "home")
    court.record()
    court.log.seal_all()
    return court
