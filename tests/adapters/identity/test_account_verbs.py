"""`hub init` and `hub account`: how a new hub gets its first people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from typer.testing import CliRunner

from adapters.cli import build
from adapters.identity.credentials import behind_api_key
from adapters.identity.login import log_in
from adapters.identity.words import Unauthenticated
from hub.errors import Conflict, NotFound
from tests.adapters.http.city import AUTHORITY, USCC

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.servers import Database

INIT = (
    *("init", "--org", AUTHORITY, "--name", "市数据局", "--uscc", USCC[AUTHORITY]),
    *("--region", "330100", "--head", "wang.fang", "--head-name", "王芳"),
)


@pytest.fixture
def hub(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Run a verb on this test's database; return what it answers in JSON."""
    monkeypatch.setenv("HUB_DATABASE_URL", database.app_url)
    monkeypatch.setenv("HUB_NATS_URL", "nats://127.0.0.1:1")
    monkeypatch.setenv("HUB_HOME", str(tmp_path))
    app = build()

    def run(*words: str, typed: str = "") -> dict[str, Any]:
        result = CliRunner().invoke(app, [*words, "--json"], input=typed)
        if result.exception is not None:
            raise result.exception
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    return run


def _log_in(database: Database, person: str, password: str) -> str:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        return log_in(connection, person, password, "127.0.0.1").person_id


def test_init_founds_the_authority_and_its_head_can_log_in(
    hub: Callable[..., dict[str, Any]], database: Database
) -> None:
    founded = hub(*INIT)
    assert founded["authority"] == AUTHORITY
    assert founded["position"] > 0
    assert _log_in(database, "wang.fang", founded["password"]) == "wang.fang"


def test_a_second_init_is_refused(hub: Callable[..., dict[str, Any]]) -> None:
    hub(*INIT)
    other = [word.replace(AUTHORITY, "departments.organization:other") for word in INIT]
    with pytest.raises(Conflict):
        hub(*other)


def test_a_password_from_stdin_is_not_shown(
    hub: Callable[..., dict[str, Any]], database: Database
) -> None:
    opened = hub(
        *("account", "open", "ops", "--name", "运维", "--operator", "--password-stdin"),
        typed="a long password\n",
    )
    assert "password" not in opened
    assert _log_in(database, "ops", "a long password") == "ops"


def test_a_new_password_makes_the_old_one_useless(
    hub: Callable[..., dict[str, Any]], database: Database
) -> None:
    old = hub("account", "open", "ops", "--name", "运维", "--operator")["password"]
    new = hub("account", "password", "ops")["password"]
    assert _log_in(database, "ops", new) == "ops"
    with pytest.raises(Unauthenticated):
        _log_in(database, "ops", old)
    with pytest.raises(NotFound):
        hub("account", "password", "nobody")


def test_an_adapter_gets_a_key_and_no_password(
    hub: Callable[..., dict[str, Any]], database: Database
) -> None:
    opened = hub("account", "open", "tax.adapter", "--name", "前置机", "--org", "x", "--adapter")
    assert "password" not in opened
    key = hub("account", "api-key", "tax.adapter", "--label", "folder")["api_key"]
    with psycopg.connect(database.app_url) as connection:
        known = behind_api_key(connection, key)
    assert known is not None
    assert (known.person_id, known.kind) == ("tax.adapter", "adapter")
