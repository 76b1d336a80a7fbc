"""The people of the HTTP tests and how they speak: by password, over the API only."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg

from adapters.identity.accounts import create_account
from adapters.identity.passwords import hash_password
from hub.actor import Role

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

    from tests.servers import Database

PASSWORD = "correct horse battery"  # noqa: S105 - of a throw-away city
AUTHORITY, TAX, CIVIL = (
    f"departments.organization:{name}" for name in ("authority", "tax", "civil")
)
USCC = {AUTHORITY: "11330100002489354R", TAX: "11330100002489418P", CIVIL: "11330100002489501N"}
_numbers = count(1)
# One hash for all: the tests are about doors, not about how long a hash takes.
_HASH = hash_password(PASSWORD)


@dataclass
class City:
    client: TestClient
    database: Database
    tokens: dict[str, str] = field(default_factory=dict)

    def account(self, person: str, org: str, **fields: Any) -> None:
        with psycopg.connect(self.database.app_url) as connection:
            create_account(connection, person, org, person, password_hash=_HASH, **fields)

    def as_(self, person: str) -> dict[str, str]:
        if person not in self.tokens:
            answer = self.client.post(
                "/api/v1/identity/sessions", json={"person_id": person, "password": PASSWORD}
            )
            assert answer.status_code == 201, answer.text
            self.tokens[person] = answer.json()["token"]
        return {"authorization": f"Bearer {self.tokens[person]}"}

    def send(
        self, path: str, body: dict[str, Any], person: str, key: str = "", **headers: str
    ) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/api/v1/{path}",
            json=body,
            headers={
                **self.as_(person),
                "idempotency-key": key or f"test-{next(_numbers):08d}",
                **named,
            },
        )

    def get(self, path: str, person: str, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/api/v1/{path}", headers={**self.as_(person), **named})

    def appoint(self, org: str, person: str, role: Role, by: str = "authority.head") -> None:
        self.account(person, org)
        body = {"org_id": org, "person_id": person, "role": role}
        assert self.send("departments/appoint-officer", body, by).status_code == 201


def found_city(client: TestClient, database: Database) -> City:
    city = City(client, database)
    city.account("operator", "hub", standing=Role.OPERATOR)
    city.account("authority.head", AUTHORITY)
    founded = city.send(
        "departments/establish-authority",
        {
            "org_id": AUTHORITY,
            "name": "市数据局",
            "uscc": USCC[AUTHORITY],
            "region_code": "330100",
            "head_id": "authority.head",
        },
        "operator",
    )
    assert founded.status_code == 201, founded.text
    for org, name in ((TAX, "市税务局"), (CIVIL, "市民政局")):
        body = {
            "org_id": org,
            "name": name,
            "kind": "department",
            "uscc": USCC[org],
            "region_code": "330100",
        }
        registered = city.send("departments/register-organization", body, "authority.head")
        assert registered.status_code == 201, registered.text
    city.appoint(TAX, "tax.head", Role.DEPARTMENT_HEAD)
    city.appoint(CIVIL, "civil.head", Role.DEPARTMENT_HEAD)
    return city
