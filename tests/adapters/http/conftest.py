"""A city on a real server: authority, two departments, an operator; each speaks over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from adapters.http import pasts
from adapters.http.app import create_app
from adapters.settings import Settings
from tests.adapters.http.city import City, found_city
from tests.adapters.seal.sealing import Log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test fails because this machine builds a past slowly today."""
    monkeypatch.setattr(pasts, "WAIT_SECONDS_MAX", 60.0)


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(database_url=SecretStr(database.app_url), home=tmp_path, log_format="json")


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def city(client: TestClient, database: Database) -> City:
    return found_city(client, database)


@pytest.fixture
def log(database: Database, settings: Settings) -> Log:
    """The log of this hub; `log.sealer()` runs a sealer, `log.seal_all()` until all is sealed."""
    return Log(database, settings.home)
