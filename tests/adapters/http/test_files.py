"""A file's way over HTTP: uploaded, delivered, published, granted, taken, metered."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from hub.actor import Role
from projections.catch_up import catch_up
from projections.connect import connect
from projections.registry import PROJECTIONS
from tests.adapters.http.city import City
from tests.hub.departments.city import org
from tests.hub.sharing.world import GRANT, LIMITED, REQUEST, TABLE, WORLD, draft
from tests.projections.kit import record

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

    from tests.servers import Database

CSV = "姓名,证号,住址,涉密\r\n李娜,330102,某路1号,x\r\n王芳,330103,某路2号,y\r\n".encode()
SHA256 = f"sha256:{hashlib.sha256(CSV).hexdigest()}"
PEOPLE = {
    "civil": (Role.CATALOGUER, Role.SHARING_HEAD, Role.ADAPTER),
    "tax": (Role.BUSINESS_USER, Role.SHARING_HEAD, Role.ADAPTER),
    "market": (Role.BUSINESS_USER,),
    "city": (Role.AUTHORITY_REVIEWER,),
}


@pytest.fixture
def world(client: TestClient, database: Database) -> City:
    """Entries in force and a mounted table; nothing asked for yet."""
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, WORLD)
    for department, roles in PEOPLE.items():
        for role in roles:
            city.account(f"{department}.{role}", org(department))
    return city


def _follow(city: City) -> None:
    with connect(city.database.app_url) as connection:
        catch_up(connection, PROJECTIONS)


def _send(city: City, path: str, body: dict[str, Any], person: str) -> dict[str, Any]:
    answer = city.send(path, body, person)
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


def _put(city: City, sha256: str, data: bytes, person: str) -> Response:
    return city.client.put(
        f"/api/v1/convergence/payloads/{sha256}", content=data, headers=city.as_(person)
    )


def _delivery(**changes: Any) -> dict[str, Any]:
    return {
        "resource_id": TABLE,
        "period": "2026-11-22",
        "rows": 2,
        "bytes": len(CSV),
        "sha256": SHA256,
        "file_name": "people.csv",
        "content_type": "text/csv",
        **changes,
    }


def _granted(city: City) -> None:
    """Tax asks for two of four items and civil agrees."""
    request = draft().model_dump(mode="json")
    own = {"request_id": REQUEST}
    _send(city, "sharing/draft-sharing-request", request, "tax.business_user")
    _send(city, "sharing/approve-sharing-request-internally", own, "tax.sharing_head")
    _send(city, "sharing/submit-sharing-request", own, "tax.sharing_head")
    _send(city, "sharing/agree-sharing-request", own, "civil.sharing_head")
    provided = {**own, "via": "tested_access", "resource_id": TABLE}
    _send(city, "sharing/fulfil-sharing-request", provided, "civil.adapter")


def test_a_file_goes_from_its_department_to_the_one_that_was_granted_it(world: City) -> None:
    early = world.send("convergence/deliver-batch", _delivery(), "civil.adapter")
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    assert _put(world, SHA256, CSV, "civil.adapter").status_code == 201
    _send(world, "convergence/deliver-batch", _delivery(), "civil.adapter")
    _granted(world)
    _follow(world)
    (grant,) = world.get("sharing/grants?requester=me", "tax.adapter").json()["items"]
    assert grant["grant_id"] == GRANT
    (batch,) = world.get(f"sharing/grants/{GRANT}/batches", "tax.adapter").json()["items"]
    assert batch["sha256"] == SHA256
    address = f"sharing/grants/{GRANT}/payloads/{SHA256}?system=golden-tax"
    taken = world.get(address, "tax.adapter")
    assert taken.status_code == 200
    text = taken.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "姓名,证号"
    assert "某路" not in text
    rest = world.get(address, "tax.adapter", range="bytes=10-")
    assert (rest.status_code, rest.content) == (206, taken.content[10:])
    beyond = world.get(address, "tax.adapter", range="bytes=9999-")
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    with psycopg.connect(world.database.app_url) as connection:
        log = connection.execute(
            "SELECT person_id, first_byte, bytes, rows FROM desk.accesses ORDER BY access_id"
        ).fetchall()
    size = len(taken.content)
    assert log == [("tax.adapter", 0, size, 2), ("tax.adapter", 10, size - 10, 0)]


def test_nobody_else_takes_what_was_granted(world: City) -> None:
    _put(world, SHA256, CSV, "civil.adapter")
    _send(world, "convergence/deliver-batch", _delivery(), "civil.adapter")
    _granted(world)
    _follow(world)
    address = f"sharing/grants/{GRANT}/payloads/{SHA256}?system=golden-tax"
    assert world.get(address, "market.business_user").status_code == 403
    assert world.get(address, "city.authority_reviewer").status_code == 403
    other_system = address.replace("golden-tax", "another")
    assert world.get(other_system, "tax.adapter").status_code == 403
    listed = world.get(f"sharing/grants/{GRANT}/batches", "market.business_user")
    assert listed.status_code == 403


def test_a_request_is_read_by_its_parties_once_it_has_left_its_department(world: City) -> None:
    request = draft().model_dump(mode="json")
    _send(world, "sharing/draft-sharing-request", request, "tax.business_user")
    _follow(world)
    path = f"sharing/requests/{REQUEST}"
    assert world.get(path, "tax.sharing_head").status_code == 200
    assert world.get(path, "civil.sharing_head").status_code == 403
    assert world.get("sharing/requests", "civil.sharing_head").json()["items"] == []
    own = {"request_id": REQUEST}
    _send(world, "sharing/approve-sharing-request-internally", own, "tax.sharing_head")
    _send(world, "sharing/submit-sharing-request", own, "tax.sharing_head")
    _follow(world)
    assert world.get(path, "civil.sharing_head").status_code == 200
    assert world.get(path, "city.authority_reviewer").status_code == 200
    assert world.get(path, "market.business_user").status_code == 403
    (row,) = world.get("sharing/requests?provider=me", "civil.sharing_head").json()["items"]
    assert row["request_id"] == REQUEST
    everybody = world.get("sharing/requests", "city.authority_reviewer").json()["items"]
    assert [each["request_id"] for each in everybody] == [REQUEST]
    none = world.get("sharing/requests?requester=me", "market.business_user").json()["items"]
    assert none == []


@pytest.mark.parametrize(
    ("sha256", "person", "status"),
    [
        (f"sha256:{'0' * 64}", "civil.adapter", 422),
        ("sha256:short", "civil.adapter", 422),
        (SHA256, "tax.business_user", 403),
    ],
)
def test_an_upload_is_what_its_address_says_and_by_who_may(
    world: City, sha256: str, person: str, status: int
) -> None:
    answer = _put(world, sha256, CSV, person)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )


def test_a_delivery_brings_no_verification_of_its_own(world: City) -> None:
    _put(world, SHA256, CSV, "civil.adapter")
    own = {
        "rows": 2,
        "bytes": 1,
        "sha256": SHA256,
        "checks": [{"rule": "bytes", "checked": 1, "failed": 0}],
    }
    answer = world.send("convergence/deliver-batch", _delivery(verification=own), "civil.adapter")
    assert answer.status_code == 422


def test_the_catalogue_shows_others_only_what_is_in_force(world: City) -> None:
    _follow(world)
    found = world.get("catalog/entries?q=资源", "market.business_user").json()["items"]
    assert LIMITED in {row["entry_id"] for row in found}
    stood = world.get("catalog/versions?as_of=2026-01-01T00:00:00Z", "market.business_user")
    assert stood.json()["items"] == []
    stands = world.get("catalog/versions", "market.business_user").json()["items"]
    assert LIMITED in {row["entry_id"] for row in stands}


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_at_the_edge_of_time_is_no_mistake_of_ours(world: City, moment: str) -> None:
    _follow(world)
    answer = world.get(f"catalog/versions?as_of={moment}", "market.business_user")
    assert answer.status_code in {200, 422}
