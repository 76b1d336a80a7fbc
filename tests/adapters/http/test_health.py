"""Liveness, readiness, figures, pages of its own, and what an unexpected mistake looks like."""

from __future__ import annotations

import hashlib
import socket
from typing import TYPE_CHECKING

import psycopg
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from adapters.http import docs
from adapters.http.app import create_app
from adapters.http.problems import KINDS
from adapters.settings import Settings
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import TAX, City, found_city

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database


def test_the_hub_is_ready_when_record_and_disk_are(city: City) -> None:
    assert city.client.get("/healthz").json() == {"status": "ok"}
    ready = city.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert ready.json()["position"] > 0


def test_readiness_says_how_far_each_view_has_come(city: City) -> None:
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)
    city.send("departments/rename-organization", {"org_id": TAX, "name": "税务"}, "authority.head")
    views = city.client.get("/readyz").json()["projections"]
    assert views["directory"]["lag_events"] == 1
    assert (
        'hub_projection_lag_events{projection="directory"} 1.0' in city.client.get("/metrics").text
    )


def test_without_nats_the_hub_is_degraded_and_serves(database: Database, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"nats://127.0.0.1:{closed.getsockname()[1]}"
    settings = Settings(
        database_url=SecretStr(database.app_url), nats_url=SecretStr(url), home=tmp_path
    )
    with TestClient(create_app(settings)) as client:
        ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["nats"]) == (
        200,
        "degraded",
        "down",
    )


def test_without_room_on_the_disk_the_hub_is_not_ready(database: Database, tmp_path: Path) -> None:
    settings = Settings(
        database_url=SecretStr(database.app_url), home=tmp_path, disk_free_mb_min=10**9
    )
    with TestClient(create_app(settings)) as client:
        assert client.get("/readyz").status_code == 503


def test_commands_and_commits_are_counted(city: City) -> None:
    page = city.client.get("/metrics").text
    route = "/api/v1/departments/register-organization"
    assert f'hub_requests_total{{route="{route}",status="201"}} 2.0' in page
    assert "hub_record_commands_total" in page
    assert "hub_commands_waiting" in page


def test_ids_do_not_become_labels(city: City) -> None:
    city.get(f"departments/organizations/{TAX}", "tax.head")
    page = city.client.get("/metrics").text
    assert 'route="/api/v1/departments/organizations/{org_id}"' in page
    assert TAX not in page


def test_the_description_opens_without_any_other_server(city: City) -> None:
    page = city.client.get("/api/docs").text
    assert "//cdn" not in page
    assert "https://" not in page
    for name, sha256 in docs.SHA256.items():
        got = city.client.get(f"/api/static/{docs.UI}/{name}")
        assert hashlib.sha256(got.content).hexdigest() == sha256


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_has_its_page(code: str) -> None:
    app = create_app(Settings())
    client = TestClient(app)
    assert KINDS[code].zh in client.get(f"/problems/{code}").text
    english = client.get(f"/problems/{code}", headers={"accept-language": "en"}).text
    assert english.startswith('<!doctype html>\n<html lang="en">')


def test_a_mistake_of_ours_tells_nothing_of_our_insides(
    settings: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the secret inside")

    # Made here and not by the fixture, so that its log goes where this test can read it.
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        city = found_city(client, database)
        monkeypatch.setattr("adapters.http.ask_departments.check_officer", broken)
        monkeypatch.setattr("hub.execute.subject_of", broken)
        rename = {"org_id": TAX, "name": "税务"}
        question = city.get("departments/organizations", "tax.head", x_request_id="my-own-id-1")
        command = city.send("departments/rename-organization", rename, "authority.head")
    for answer in (question, command):
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert "secret" not in answer.text
        assert "ZeroDivision" not in answer.text
    assert question.json()["request_id"] == question.headers["x-request-id"] == "my-own-id-1"
    logged = capsys.readouterr().err
    assert "my-own-id-1" in logged
    assert "ZeroDivisionError" in logged


def test_a_lost_database_is_a_503_and_no_500(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.http.standing.READ_SECONDS_MAX", 0.2)
    headers = city.as_("authority.head")
    name = city.database.name
    with psycopg.connect(city.database.server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        asked = city.client.get("/api/v1/departments/organizations", headers=headers)
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    assert (asked.status_code, asked.json()["code"]) == (503, "unavailable")
    assert asked.headers["retry-after"]
    assert city.client.get("/healthz").status_code == 200
