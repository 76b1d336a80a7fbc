"""A person's data goes in by the front door; after the erasure it is nowhere, and all still proves.

On a whole hub with every process it has: what was entered through the API is looked for in every
table of every schema, in a dump, in the answers, the stream, the reports, and in every file of
the home.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from adapters.identity.accounts import create_account
from adapters.identity.passwords import hash_password
from adapters.settings import load
from hub.actor import Role
from projections.connect import connect
from tests.adapters.test_up import HUB, hears
from tests.hub.departments.city import LAW, org, who
from tests.hub.sharing.world import LIMITED, REQUEST, WORLD, draft
from tests.projections import kit
from tests.stories.whole_hub import CLEAN, PASSWORD, Hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GONE, STAYS = "tax.gone", "tax.stays"
CITIZEN = "citizen:0198c0de-0000-7000-8000-000000000001"
SECRETS = {
    "name": "欧阳若兰",
    "phone": "13873104457",
    "contact": "13973108899",
    "statement": "本人去年迁至岳麓区，婚姻登记地址有误",
    "account": "欧阳若兰（账号）",
}
"""What is entered about those who will be erased."""
KNOWN = "司马长青"
"""What is entered about somebody else."""
SUBJECTS = (f"person:{GONE}", CITIZEN)
TAX = {"org_id": org("tax")}
ERASE = {
    **TAX,
    "ground": "purpose_ended",
    "basis": {"legal_basis_id": LAW, "article": "第四十七条"},
}


@pytest.fixture
def hub(server_folder: Path) -> Iterator[Hub]:
    """A hub that stands in the middle of a city's life."""
    home = server_folder / "erasure"
    command = [*HUB, "up", "--home", str(home), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=CLEAN)
    try:
        running = Hub(home, process, hears(process, "The hub is up at").split()[-1])
        with connect(running.app_url) as connection:
            kit.record(connection, WORLD)
            hashed = hash_password(PASSWORD)
            for speaker in (
                *(who("tax", role) for role in OFFICES),
                who("city", Role.AUTHORITY_SUPERVISOR),
                who("civil", Role.SHARING_HEAD),
            ):
                person = speaker.person_id
                create_account(connection, person, speaker.org_id, person, password_hash=hashed)
        yield running
        running.http.close()
    finally:
        process.kill()
        process.communicate()


OFFICES = (Role.DEPARTMENT_HEAD, Role.BUSINESS_USER, Role.SHARING_HEAD, Role.SECURITY_OFFICER)
HEAD, CLERK, OFFICE, SECURITY = (who("tax", role).person_id for role in OFFICES)
PROVIDER = who("civil", Role.SHARING_HEAD).person_id


def enter(hub: Hub) -> None:
    """Enter everything personal there is, through the API."""
    name, phone = SECRETS["name"], SECRETS["phone"]
    role = Role.CATALOGUER.value
    hub.does(HEAD, "departments/appoint-officer", **TAX, person_id=GONE, role=role, name=name,
             phone=phone)  # fmt: skip
    hub.does(HEAD, "departments/appoint-officer", **TAX, person_id=STAYS, role=role, name=KNOWN)
    account = {"person_id": GONE, **TAX, "display_name": SECRETS["account"], "password": PASSWORD}
    opened = hub.http.post("identity/accounts", json=account, headers=hub.as_(HEAD))
    assert opened.status_code == 201, opened.text
    hub.as_(GONE)
    hub.does(HEAD, "departments/designate-sharing-unit", **TAX, unit="数据股", contact_id=GONE,
             contact_name=name, contact_phone=phone)  # fmt: skip
    asked = draft(handler_id=GONE, handler_name=name, handler_phone=phone)
    body = asked.model_dump(mode="json") | {"period_from": "2026-11-01", "period_to": "2027-10-31"}
    hub.does(CLERK, "sharing/draft-sharing-request", **body)
    hub.does(CLERK, "feedback/request-correction", correction_id="feedback.correction:c1",
             entry_id=LIMITED, raiser_id=org("tax"), defect="inaccurate", what="地址与证照不一致",
             records=1, citizen_id=CITIZEN, contact=SECRETS["contact"],
             statement=SECRETS["statement"])  # fmt: skip
    hub.does(HEAD, "departments/relieve-officer", **TAX, person_id=GONE, role=role)


def answers(hub: Hub) -> dict[str, str]:
    """What those concerned read: each list and thing that showed something personal."""
    after = hub.head()
    held = f"security/personal-data?subject_id=person:{GONE}"
    return {
        "unit": hub.reads(HEAD, f"departments/organizations/{org('tax')}?after={after}"),
        "units": hub.reads(PROVIDER, f"departments/organizations?after={after}"),
        "units, CSV": hub.reads(PROVIDER, "departments/organizations", accept="text/csv"),
        "request": hub.reads(CLERK, f"sharing/requests/{REQUEST}?after={after}"),
        "requests, CSV": hub.reads(CLERK, "sharing/requests", accept="text/csv"),
        "correction": hub.reads(
            PROVIDER, f"feedback/corrections/feedback.correction:c1?after={after}"
        ),
        "held": hub.reads(SECURITY, held),
        "held, citizen": hub.reads(SECURITY, f"security/personal-data?subject_id={CITIZEN}"),
        "accounts": hub.reads(HEAD, f"identity/accounts?org_id={org('tax')}"),
    }


def found_in(content: bytes) -> list[str]:
    """Which of the texts stand in some bytes, as UTF-8 or in hexadecimal."""
    forms = {key: text.encode() for key, text in SECRETS.items()}
    return [key for key, text in forms.items() if text in content or text.hex().encode() in content]


def files_of(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a home but the write-ahead log, which is kept as long as backups are."""
    for path in sorted(home.rglob("*")):
        if path.is_file() and "pg_wal" not in path.parts:
            yield str(path.relative_to(home)), path.read_bytes()


def entered(hub: Hub) -> None:
    """Everything is read by those concerned, and stands in clear in no place but the accounts."""
    enter(hub)
    before = answers(hub)
    for name, text in SECRETS.items():
        assert any(text in answer for answer in before.values()), name
    assert {name for name, answer in before.items() if not found_in(answer.encode())} == set()
    key = load(home=hub.home).personal_key
    assert (key.parent, key.stat().st_mode & 0o777) == (hub.home / "secrets", 0o600)
    hub.cli("replay", "--until", str(hub.head()), "--schema", "before")
    open_tables = {name for name, content in hub.tables() if found_in(content)}
    assert open_tables == {"desk.accounts"}
    assert found_in(b"".join(hub.messages())) == []


def erased(hub: Hub) -> None:
    """The security officer erases both; answers are closed from that position on."""
    for subject_id in SUBJECTS:
        receipt = hub.does(SECURITY, "security/erase-personal-data", **ERASE, subject_id=subject_id)
        assert [event["topic"] for event in receipt["events"]] == ["security.personal.erased"]
    at_once = answers(hub)
    del at_once["accounts"]  # the account's name goes with the deletion, a moment later
    assert {name for name, answer in at_once.items() if found_in(answer.encode())} == set()
    hub.wait_until_carried_out(*SUBJECTS)


def still_read(hub: Hub) -> None:
    """Rows stand as they were, with a word in the place of what is gone; others keep theirs."""
    rebuilt = answers(hub)
    assert {name for name, answer in rebuilt.items() if found_in(answer.encode())} == set()
    for name in ("unit", "units, CSV", "request", "correction", "accounts"):
        assert "已删除" in rebuilt[name], name
    assert KNOWN in hub.reads(HEAD, f"departments/officers?org_id={org('tax')}")
    assert hub.http.get("identity/me", headers=hub.as_(GONE)).status_code == 401


@pytest.mark.timeout(600)
def test_after_an_erasure_the_data_is_nowhere_and_everything_still_proves(hub: Hub) -> None:
    entered(hub)
    leaves = hub.leaves()
    assert all(intact for _, _, intact in leaves)

    erased(hub)
    hub.cli("rebuild")
    hub.cli("replay", "--until", str(hub.head()), "--schema", "afterwards")
    hub.cli("report", "annual", "2026", "-o", str(hub.home / "reports" / "2026.html"))

    still_read(hub)
    assert {name: found for name, content in hub.tables() if (found := found_in(content))} == {}
    assert found_in(hub.dump()) == []
    assert found_in(b"".join(hub.messages())) == []
    after = hub.leaves()
    assert after[: len(leaves)] == leaves
    assert all(intact for _, _, intact in after)
    hub.cli("verify")

    hub.stop()
    left = {name: found for name, content in files_of(hub.home) if (found := found_in(content))}
    assert left == {}
