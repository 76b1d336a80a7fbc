"""The audit trail: every event once, found by case, by person and by every id it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections import audit_trail, reader
from projections.audit_trail import AUDIT_TRAIL
from tests.projections.stories import CIVIL, NOON, TAX, WANG, appointed, moved, registered

if TYPE_CHECKING:
    from tests.projections.kit import Given


def test_every_event_has_one_line(given: Given) -> None:
    rows = given(registered(CIVIL), appointed(CIVIL, "li.na")).rows(AUDIT_TRAIL)
    assert [(row.position, row.topic) for row in rows] == [
        (1, "departments.organization.registered"),
        (2, "departments.organization.officer_appointed"),
    ]
    assert (rows[0].at, rows[0].person_id, rows[0].role) == (NOON, WANG.person_id, WANG.role)


def test_a_line_is_found_by_every_id_the_event_names(given: Given) -> None:
    given(registered(CIVIL), registered(TAX), moved(CIVIL, TAX, "救助"))
    connection = given.shown_by(AUDIT_TRAIL)
    assert [row.position for row in audit_trail.of_subject(connection, TAX)] == [2, 3]
    assert [row.position for row in audit_trail.of_subject(connection, TAX, after=2)] == [3]
    assert [row.position for row in audit_trail.of_case(connection, CIVIL)] == [1, 3]
    assert len(audit_trail.by_person(connection, WANG.person_id, limit=2)) == 2


def test_a_line_leads_to_what_was_said(given: Given) -> None:
    connection = given(registered(CIVIL)).shown_by(AUDIT_TRAIL)
    [row] = audit_trail.of_case(connection, CIVIL)
    [said] = reader.at(connection, [row.position])
    assert "民政局".encode() in said.state
