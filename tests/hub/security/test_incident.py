"""An incident is recorded at once and stays open until it is explained."""

from __future__ import annotations

from hub.actor import CLOCK, Role
from hub.errors import Conflict, Forbidden, NotFound
from hub.security.commands import CloseIncident, DetectIncident
from hub.security.events import IncidentClosed, IncidentDetected
from hub.security.kinds import IncidentKind
from tests.hub.departments.city import CITY, org, who
from tests.hub.kit import Given, given

FOUND = DetectIncident(
    incident_id="security.incident:drift-1",
    org_id=org("tax"),
    kind=IncidentKind.VIEW_DRIFT,
    title="1行视图数据与卷宗不一致",
    details=('directory ["departments.organization:tax"] 不符 changed',),
)
CLOSE = CloseIncident(incident_id=FOUND.incident_id, cause="误操作", lessons="收回权限")
OFFICER = who("tax", Role.SECURITY_OFFICER)
SUPERVISOR = who("city", Role.AUTHORITY_SUPERVISOR)


def found() -> Given:
    [event] = given(*CITY).when(FOUND, by=CLOCK).events()
    return given(*CITY, event)


def test_the_hub_records_what_it_finds_with_everything_it_names() -> None:
    [event] = given(*CITY).when(FOUND, by=CLOCK).events()
    assert isinstance(event, IncidentDetected)
    assert (event.org_id, event.details) == (org("tax"), FOUND.details)


def test_a_security_officer_records_for_his_own_house_only() -> None:
    assert given(*CITY).when(FOUND, by=OFFICER).events()
    other = FOUND.model_copy(update={"org_id": org("civil")})
    given(*CITY).when(other, by=OFFICER).refused(Forbidden, "you may not")
    given(*CITY).when(FOUND, by=who("tax", Role.CATALOGUER)).refused(Forbidden, "you may not")
    assert given(*CITY).when(other, by=SUPERVISOR).events()


def test_an_incident_is_recorded_once_and_of_somebody_who_is_there() -> None:
    found().when(FOUND, by=CLOCK).refused(Conflict, "recorded already")
    nobody = FOUND.model_copy(update={"org_id": org("nobody")})
    given(*CITY).when(nobody, by=CLOCK).refused(NotFound, "nobody")


def test_it_is_closed_once_with_its_cause() -> None:
    [event] = found().when(CLOSE, by=OFFICER).events()
    assert isinstance(event, IncidentClosed)
    assert (event.org_id, event.cause, event.lessons) == (org("tax"), "误操作", "收回权限")
    [first] = given(*CITY).when(FOUND, by=CLOCK).events()
    given(*CITY, first, event).when(CLOSE, by=SUPERVISOR).refused(Conflict, "closed already")
    given(*CITY).when(CLOSE, by=OFFICER).refused(NotFound, "security.incident:drift-1")
    found().when(CLOSE, by=who("civil", Role.SECURITY_OFFICER)).refused(Forbidden, "you may not")
