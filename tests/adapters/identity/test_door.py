"""Who is let in: passwords, sessions, API keys, signed requests; who is not."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.identity.login import FAILURES_PERSON_MAX
from adapters.identity.signature import WINDOW_SECONDS, sign
from hub.actor import Role
from tests.adapters.http.city import CIVIL, PASSWORD, TAX

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from tests.adapters.http.city import City

SESSIONS = "/api/v1/identity/sessions"
ME = "/api/v1/identity/me"
DESIGNATE = "/api/v1/departments/designate-sharing-unit"
UNIT = {"org_id": TAX, "unit": "数据科", "contact_id": "tax.head"}


def test_a_session_speaks_for_its_person(city: City) -> None:
    me = city.get("identity/me", "tax.head").json()
    assert (me["person_id"], me["org_id"], me["via"]) == ("tax.head", TAX, "api")
    assert me["roles"] == [Role.DEPARTMENT_HEAD]


def test_a_wrong_password_and_a_wrong_name_sound_the_same(city: City) -> None:
    wrong = [
        city.client.post(SESSIONS, json={"person_id": who, "password": "wrong password"})
        for who in ("tax.head", "nobody.here")
    ]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert wrong[0].json()["detail"] == wrong[1].json()["detail"]


def test_after_many_failures_the_door_stays_shut_even_for_the_right_password(city: City) -> None:
    for _ in range(FAILURES_PERSON_MAX):
        city.client.post(SESSIONS, json={"person_id": "tax.head", "password": "wrong password"})
    right = city.client.post(SESSIONS, json={"person_id": "tax.head", "password": PASSWORD})
    assert (right.status_code, right.json()["code"]) == (429, "too_many_tries")
    assert int(right.headers["retry-after"]) > 0
    other = city.client.post(SESSIONS, json={"person_id": "civil.head", "password": PASSWORD})
    assert other.status_code == 201


def test_a_session_ends_with_the_log_out(city: City) -> None:
    headers = city.as_("tax.head")
    assert city.client.delete(f"{SESSIONS}/current", headers=headers).status_code == 204
    assert city.client.get(ME, headers=headers).status_code == 401


def test_a_session_ends_by_itself(city: City) -> None:
    headers = city.as_("tax.head")
    with psycopg.connect(city.database.app_url) as connection:
        connection.execute("UPDATE desk.sessions SET expires_at = now()")
    assert city.client.get(ME, headers=headers).status_code == 401


def test_no_secret_stands_in_the_database(city: City) -> None:
    city.as_("tax.head")
    key = _api_key(city, "tax.head")
    with psycopg.connect(city.database.superuser_url) as connection:
        for table in ("accounts", "sessions", "api_keys"):
            rows = connection.execute(f"SELECT t::text FROM desk.{table} AS t").fetchall()
            text = json.dumps(rows)
            for secret in (PASSWORD, city.tokens["tax.head"], key):
                assert secret not in text


def test_a_cookie_changes_nothing_for_another_sites_page(city: City) -> None:
    begun = city.client.post(
        SESSIONS, json={"person_id": "tax.head", "password": PASSWORD, "cookie": True}
    )
    assert begun.json()["token"] is None
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert city.client.get(ME).json()["via"] == "ui"

    def designate(key: str, **headers: str) -> int:
        sent = {"idempotency-key": key, **headers}
        return city.client.post(DESIGNATE, json=UNIT, headers=sent).status_code

    assert designate("from-nowhere") == 401
    assert designate("another-site", origin="https://evil.example") == 401
    assert (
        designate("another-site", **{"origin": "https://evil.example", "hub-request": "1"}) == 401
    )
    assert designate("our-own-page", origin="http://testserver") == 201
    assert designate("our-own-page", **{"hub-request": "1"}) == 200


def _api_key(city: City, person: str) -> str:
    made = city.client.post(
        f"/api/v1/identity/accounts/{person}/api-keys",
        json={"label": "folder adapter"},
        headers=city.as_(person),
    )
    assert made.status_code == 201
    return str(made.json()["key"])


def test_an_api_key_opens_until_it_is_revoked(city: City) -> None:
    key = _api_key(city, "tax.head")
    bearer = {"authorization": f"Bearer {key}"}
    assert city.client.get(ME, headers=bearer).json()["person_id"] == "tax.head"
    changed = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert city.client.get(ME, headers={"authorization": f"Bearer {changed}"}).status_code == 401
    keys = "/api/v1/identity/accounts/tax.head/api-keys"
    (shown,) = city.client.get(keys, headers=bearer).json()
    assert shown["key"] is None
    gone = city.client.delete(f"{keys}/{shown['prefix']}", headers=city.as_("tax.head"))
    assert gone.status_code == 204
    assert city.client.get(ME, headers=bearer).status_code == 401


class Machine:
    """An adapter with a key of its own."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.key = Ed25519PrivateKey.generate()
        city.account("tax.adapter", TAX, kind="adapter")
        public = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()
        registered = city.client.post(
            "/api/v1/identity/accounts/tax.adapter/signing-keys",
            json={"key_id": "tax-adapter-1", "public_key": public, "label": "前置机"},
            headers=city.as_("tax.head"),
        )
        assert registered.status_code == 204, registered.text

    def get(
        self,
        nonce: str,
        *,
        created: int | None = None,
        change: Callable[[dict[str, str]], Any] = lambda _: None,
    ) -> Response:
        moment = int(time.time()) if created is None else created
        headers = sign(
            self.key, "tax-adapter-1", "GET", f"{ME}?x=1", {}, created=moment, nonce=nonce
        )
        change(headers)
        return self.city.client.get(f"{ME}?x=1", headers=headers)

    def post(self, nonce: str, body: bytes, signed: bytes | None = None) -> Response:
        plain = {"idempotency-key": f"signed-{nonce}", "content-type": "application/json"}
        headers = sign(
            self.key,
            "tax-adapter-1",
            "POST",
            DESIGNATE,
            plain,
            created=int(time.time()),
            nonce=nonce,
            body_sha256=hashlib.sha256(body if signed is None else signed).digest(),
        )
        return self.city.client.post(DESIGNATE, content=body, headers={**plain, **headers})


@pytest.fixture
def machine(city: City) -> Machine:
    return Machine(city)


def test_a_machine_is_known_by_its_signature(machine: Machine) -> None:
    me = machine.get("first-nonce-of-it").json()
    assert (me["person_id"], me["via"]) == ("tax.adapter", "adapter")


def test_a_signed_request_is_taken_once(machine: Machine) -> None:
    assert machine.get("this-nonce-only-once").status_code == 200
    again = machine.get("this-nonce-only-once")
    assert again.status_code == 401
    assert "nonce" in again.json()["details"]["en"]


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 5, WINDOW_SECONDS + 5])
def test_a_signature_outside_the_window_is_refused(machine: Machine, seconds: int) -> None:
    answer = machine.get("nonce-of-old-times", created=int(time.time()) + seconds)
    assert answer.status_code == 401


def test_a_changed_request_does_not_match_its_signature(machine: Machine) -> None:
    def newer(headers: dict[str, str]) -> None:
        given = headers["signature-input"]
        headers["signature-input"] = given.replace("nonce-as-it-was", "nonce-as-it-is")

    assert machine.get("nonce-as-it-was-", change=newer).status_code == 401
    uncovered = machine.get("nonce-with-if-match", change=lambda h: h.update({"if-match": '"1"'}))
    assert "does not cover if-match" in uncovered.json()["details"]["en"]


def test_a_body_that_was_not_signed_is_refused(machine: Machine) -> None:
    body = json.dumps(UNIT).encode()
    other = machine.post("body-not-the-signed", body, signed=b"{}")
    assert other.status_code == 401
    # Known by its signature, but nobody appointed it: a refusal of the hub, not of the door.
    assert machine.post("body-as-was-signed", body).status_code == 403


def test_accounts_are_managed_by_the_head_the_authority_and_the_operator(city: City) -> None:
    def open_account(person: str, org: str, by: str) -> int:
        form = {"person_id": person, "org_id": org, "display_name": "李娜", "password": PASSWORD}
        headers = city.as_(by)
        return city.client.post("/api/v1/identity/accounts", json=form, headers=headers).status_code

    assert open_account("tax.clerk", TAX, "tax.head") == 201
    assert open_account("tax.clerk", TAX, "tax.head") == 409
    assert open_account("civil.clerk", CIVIL, "tax.head") == 403
    assert open_account("civil.clerk", CIVIL, "authority.head") == 201
    assert open_account("civil.second", CIVIL, "operator") == 201
    assert open_account("tax.second", TAX, "tax.clerk") == 403
    assert open_account("no.where", "departments.organization:nowhere", "operator") == 404
    listed = city.get("identity/accounts", "tax.head").json()["items"]
    assert [each["person_id"] for each in listed] == ["tax.clerk", "tax.head"]


def test_ones_own_password_needs_the_present_one(city: City) -> None:
    headers = city.as_("tax.head")
    path = "/api/v1/identity/accounts/tax.head/password"
    new = {"password": "a new long password", "present": "wrong"}
    assert city.client.post(path, json=new, headers=headers).status_code == 403
    short = {"password": "short", "present": PASSWORD}
    assert city.client.post(path, json=short, headers=headers).status_code == 422
    right = {**new, "present": PASSWORD}
    assert city.client.post(path, json=right, headers=headers).status_code == 204
    assert city.client.get(ME, headers=headers).status_code == 401


def test_a_closed_account_opens_nothing(city: City) -> None:
    headers = city.as_("tax.head")
    closed = city.client.delete(
        "/api/v1/identity/accounts/tax.head", headers=city.as_("authority.head")
    )
    assert closed.status_code == 204
    assert city.client.get(ME, headers=headers).status_code == 401
    again = city.client.post(SESSIONS, json={"person_id": "tax.head", "password": PASSWORD})
    assert again.status_code == 401
