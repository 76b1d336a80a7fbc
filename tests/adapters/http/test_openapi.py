"""The description of the API is true: fuzzed from it, no answer is a 500 or undocumented."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.decide import RULES
from tests.adapters.http.city import found_city

if TYPE_CHECKING:
    import pytest
    from fastapi.testclient import TestClient

    from tests.servers import Database

EXAMPLES = 4
CHECKS = (
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


def _document(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return document


def test_every_route_says_what_it_does_and_how_it_refuses(client: TestClient) -> None:
    for path, methods in _document(client)["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["tags"], where
            assert operation["summary"], where
            assert any(ord(letter) > 0x2E80 for letter in operation["summary"]), where
            if path.startswith("/api/"):
                assert "401" in operation["responses"], where
                assert "503" in operation["responses"], where


def test_every_command_that_may_be_sent_is_described(client: TestClient) -> None:
    described = {
        operation["operationId"]
        for methods in _document(client)["paths"].values()
        for operation in methods.values()
    }
    silent = {command.__name__ for command in RULES} - described
    assert all(
        name.startswith(("Record", "Confirm", "Expire", "Raise", "EraseAfter")) for name in silent
    ), silent


def test_no_answer_is_a_500_or_undocumented(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.http.question.WAIT_SECONDS_MAX", 0.02)
    monkeypatch.setattr("adapters.http.sealed.WAIT_SECONDS_MAX", 0.02)
    city = found_city(client, database)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app)
    speakers = [city.as_("authority.head"), city.as_("tax.head"), {}]
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        _fuzz(result.ok(), client, speakers)


def _fuzz(operation: Any, client: TestClient, speakers: list[dict[str, str]]) -> None:
    turns = count()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    def one(case: Any) -> None:
        case.headers = {**(case.headers or {}), **speakers[next(turns) % len(speakers)]}
        response = case.call(session=client)
        assert response.status_code != 500, response.text
        case.validate_response(response, checks=CHECKS)

    one()
