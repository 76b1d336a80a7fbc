"""The matrix of roles, commands, own and other departments: allowed iff RULES says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from adapters.http.posting import path_of
from adapters.identity.credentials import start_session
from hub.actor import Role, Speaker, Via
from hub.decide import RULES
from hub.departments import commands as d
from hub.errors import Forbidden
from hub.execute import evolve
from hub.permit import Claim, Permit, Scope, admit
from hub.sharing import commands as s
from hub.state import States
from tests.adapters.http.city import City
from tests.hub.departments.city import CITY, LAW, org
from tests.hub.sharing.world import REQUEST, WORLD, draft
from tests.projections.kit import record

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from hub.command import Command
    from hub.state import State
    from tests.servers import Database

STANDING = (Role.OPERATOR, Role.CLOCK)
HOMES = {
    # organisation: does it lie in the city's jurisdiction?
    org("city"): True,
    org("civil"): True,
    org("tax"): True,
    org("elsewhere"): False,
    org("audit"): True,
}
AUTHORITY = org("city")


def _states() -> dict[str, State | None]:
    states: dict[str, State | None] = {}
    for event in CITY:
        states[event.stream_id] = evolve(states.get(event.stream_id), event)
    return states


STATES = _states()


def _speakers() -> list[tuple[Speaker, frozenset[Role]]]:
    """Everybody who is somebody: each officer with his one role, operator, clock, a stranger."""
    found: list[tuple[Speaker, frozenset[Role]]] = []
    for home in HOMES:
        state: Any = STATES[home]
        for person, roles in state.officers.items():
            found.append((Speaker(home, person, Via.API), roles))
        found.append((Speaker(home, "stranger", Via.API), frozenset()))
    found += [(Speaker("hub", r, Via.API, standing=r), frozenset({r})) for r in STANDING]
    return found


def _may(permit: Permit, about: str, speaker: Speaker, roles: frozenset[Role]) -> bool:
    """The rule in other words than the code's: scope by scope, from the table above."""
    if not roles & set(permit.roles):
        return False
    oversees = speaker.org_id == AUTHORITY and HOMES[about] and about != AUTHORITY
    itself = speaker.org_id == about
    return {
        Scope.ANYWHERE: True,
        Scope.OWN: itself,
        Scope.OVER: oversees,
        Scope.REGION: oversees or itself,
    }[permit.scope]


@pytest.mark.parametrize("command", RULES, ids=lambda command: command.__name__)
def test_a_command_is_for_those_its_rule_names_and_nobody_else(command: type[Command]) -> None:
    permits = RULES[command].permits
    for about in HOMES:
        for speaker, roles in _speakers():
            expected = any(_may(permit, about, speaker, roles) for permit in permits)
            try:
                claims = [Claim(permit, about) for permit in permits]
                admit(speaker, claims, States(STATES), command.__name__)
            except Forbidden:
                admitted = False
            else:
                admitted = True
            assert admitted == expected, f"{speaker} on {about}"


def test_an_operator_grants_nothing_and_a_clock_only_notes_time_and_what_it_found() -> None:
    of_operator, of_clock = (
        {c.__name__ for c, rule in RULES.items() if any(role in p.roles for p in rule.permits)}
        for role in STANDING
    )
    businesses = {"Agree", "Approve", "Decline", "Grant", "Give", "Extend", "Appoint", "Sign"}
    assert not {name for name in of_operator if name.startswith(tuple(businesses))}
    assert {name for name in of_clock if not name.startswith(("Record", "Confirm"))} == {
        "DetectIncident",
        "EraseAfterRetention",
        "ExpireGrant",
        "RaiseCatalogUpdateDuty",
        "RaiseReportDuty",
    }


def test_an_auditor_only_audits() -> None:
    audits = {
        command.__name__
        for command, rule in RULES.items()
        if any(Role.AUDITOR in permit.roles for permit in rule.permits)
    }
    assert all("Audit" in name or name == "RecordReplayRun" for name in audits)


TAX = {"org_id": org("tax")}
UNIT = {**TAX, "unit": "数据科", "contact_id": "tax.contact"}
NOBODY = {**TAX, "person_id": "no.body", "role": "adapter"}
REPEAL = {"legal_basis_id": LAW, "repealed_on": "2026-01-01", "reason": "废止"}
SAMPLE: tuple[tuple[type[Command], dict[str, Any], str], ...] = (
    (d.RenameOrganization, {**TAX, "name": "税务"}, org("tax")),
    (d.DesignateSharingUnit, UNIT, org("tax")),
    (d.RelieveOfficer, NOBODY, org("tax")),
    (s.DraftSharingRequest, draft().model_dump(mode="json"), org("tax")),
    (s.WithdrawSharingRequest, {"request_id": REQUEST, "reason": "不再需要"}, org("tax")),
    (s.AgreeSharingRequest, {"request_id": REQUEST}, org("civil")),
    (d.RepealLegalBasis, REPEAL, AUTHORITY),
)
"""Commands whose only Forbidden is the permit's, with the organisation they are about."""


def test_over_http_it_is_the_same(client: TestClient, database: Database) -> None:
    city = City(client, database)
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        record(connection, WORLD)
    people = {_name(each): (each, roles) for each, roles in _speakers() if each.standing != "clock"}
    for name, (speaker, _) in people.items():
        city.account(name, speaker.org_id, standing=speaker.standing)
        with psycopg.connect(database.app_url) as connection:
            city.tokens[name] = start_session(connection, name)[0]
    for command, body, about in SAMPLE:
        permits = RULES[command].permits
        for name, (speaker, roles) in people.items():
            answer = city.send(path_of(command).removeprefix("/api/v1/"), body, name)
            expected = any(_may(permit, about, speaker, roles) for permit in permits)
            assert (answer.status_code != 403) == expected, f"{name} {command} {answer.text}"
            assert answer.status_code < 500


def _name(speaker: Speaker) -> str:
    """A key of his own for each: officers have one, strangers get their organisation's."""
    own = speaker.person_id
    return own if "." in own else f"{own}.{speaker.org_id.rpartition(':')[2]}"
