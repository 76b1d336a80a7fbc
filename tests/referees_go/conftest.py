"""The referee, compiled once for this test process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.referees_go.program import build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("referee"))
