"""The fixture `given`: `given(event, …).rows(PROJECTION)`; see kit.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from projections.connect import connect
from tests.projections.kit import Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Database


@pytest.fixture
def given(database: Database) -> Iterator[Given]:
    """Events in a record of the test's own; the projections are looked at over one connection."""
    with connect(database.app_url) as connection:
        yield Given(connection)
