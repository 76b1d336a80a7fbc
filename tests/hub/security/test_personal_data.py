"""Personal data: erased on a ground, kept while law wants it, never while in office (PIPL §47)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hub.actor import CLOCK, Role
from hub.command import BasisRef
from hub.departments.calendar import end_of
from hub.departments.commands import AppointOfficer, RelieveOfficer
from hub.departments.events import OfficerAppointed, OfficerRelieved
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.event import Basis
from hub.security.commands import (
    EraseAfterRetention,
    ErasePersonalData,
    LiftPersonalDataRestriction,
    personal_id_of,
)
from hub.security.events import (
    PersonalDataErased,
    PersonalDataRestricted,
    PersonalDataRestrictionLifted,
    RetentionEnded,
)
from hub.security.kinds import ErasureGround
from tests.hub.departments.city import CITY, LAW, org, who
from tests.hub.kit import NOON, Given, given

GONE = "tax.gone"
SUBJECT = f"person:{GONE}"
CITIZEN = "citizen:0198c0de-0000-7000-8000-000000000001"
OFFICER = who("tax", Role.SECURITY_OFFICER)
SUPERVISOR = who("city", Role.AUTHORITY_SUPERVISOR)
HEAD = who("tax", Role.DEPARTMENT_HEAD)
UNTIL = date(2028, 12, 31)
ID = personal_id_of(SUBJECT)


def erase(subject_id: str = SUBJECT, **changes: Any) -> ErasePersonalData:
    fields: dict[str, Any] = {
        "subject_id": subject_id,
        "org_id": org("tax"),
        "ground": ErasureGround.PURPOSE_ENDED,
        "basis": BasisRef(legal_basis_id=LAW, article="第四十七条"),
        "holder_ids": (org("tax"),),
    }
    return ErasePersonalData(**(fields | changes))


def kept(**changes: Any) -> ErasePersonalData:
    basis = BasisRef(legal_basis_id=LAW, article="第二十九条")
    fields: dict[str, Any] = {"retained_until": UNTIL, "retention_basis": basis}
    return erase(**(fields | changes))


def served() -> Given:
    """A city whose tax office had a clerk who has left."""
    appoint = AppointOfficer(org_id=org("tax"), person_id=GONE, role=Role.BUSINESS_USER)
    relieve = RelieveOfficer(org_id=org("tax"), person_id=GONE, role=Role.BUSINESS_USER)
    return (given(*CITY).when(appoint, HEAD).then(OfficerAppointed).when(relieve, HEAD)).then(
        OfficerRelieved
    )


def restricted() -> Given:
    return served().when(kept(), OFFICER).then(PersonalDataRestricted)


def test_who_has_left_is_erased_on_a_ground_with_its_article() -> None:
    [event] = served().when(erase(), OFFICER).events()
    assert isinstance(event, PersonalDataErased)
    assert (event.personal_id, event.subject_id) == (ID, SUBJECT)
    assert (event.ground, event.basis) == (ErasureGround.PURPOSE_ENDED, Basis(LAW, "第四十七条"))


def test_the_security_officer_of_the_department_and_the_authority_over_it_may_erase() -> None:
    served().when(erase(), SUPERVISOR).then(PersonalDataErased)
    for speaker in (HEAD, who("civil", Role.SECURITY_OFFICER)):
        served().when(erase(), speaker).refused(Forbidden, "this is for")


def test_what_another_organisation_keeps_too_is_for_the_authority_over_both() -> None:
    both = erase(holder_ids=(org("tax"), org("civil")))
    served().when(both, OFFICER).refused(Forbidden, "Civil keeps something")
    served().when(both, SUPERVISOR).then(PersonalDataErased)
    outside = erase(holder_ids=(org("tax"), org("elsewhere")))
    served().when(outside, SUPERVISOR).refused(Forbidden, "Elsewhere keeps something")


def test_an_officer_in_office_is_relieved_first() -> None:
    clerk = f"person:tax.{Role.CATALOGUER}"
    given(*CITY).when(erase(clerk), OFFICER).refused(Conflict, "relieve the officer first")
    given(*CITY).when(kept(subject_id=clerk), OFFICER).refused(Conflict, "still holds an office")
    elsewhere = erase(clerk, org_id=org("civil"), holder_ids=(org("tax"),))
    given(*CITY).when(elsewhere, SUPERVISOR).refused(Conflict, "in Tax")


def test_a_citizen_is_erased_by_his_random_key() -> None:
    [event] = given(*CITY).when(erase(CITIZEN), OFFICER).events()
    assert event.stream_id == "security.personal:citizen~0198c0de-0000-7000-8000-000000000001"


def test_nothing_held_is_nothing_to_erase() -> None:
    served().when(erase(holder_ids=()), OFFICER).refused(NotFound, "nothing personal")


def test_a_command_for_which_nobody_looked_up_who_holds_is_refused() -> None:
    served().when(erase(holder_ids=None), OFFICER).refused(Invalid, "was not looked up")


def test_while_law_wants_it_kept_the_data_is_restricted_with_a_clock() -> None:
    [event] = served().when(kept(), OFFICER).events()
    assert isinstance(event, PersonalDataRestricted)
    assert (event.until, event.retention_basis) == (UNTIL, Basis(LAW, "第二十九条"))
    assert (event.due.on, event.due.ends_at) == (UNTIL, end_of(UNTIL))
    assert not event.due.provisional


def test_a_term_of_keeping_that_is_over_keeps_nothing() -> None:
    past = kept(retained_until=NOON.date() - timedelta(days=1))
    served().when(past, OFFICER).then(PersonalDataErased)


def test_a_term_of_keeping_has_its_article_and_its_last_day() -> None:
    without = erase(retained_until=UNTIL)
    served().when(without, OFFICER).refused(Invalid, "the article that sets it")


def test_what_is_restricted_is_not_erased_before_its_day() -> None:
    restricted().when(erase(), OFFICER).refused(Conflict, "lift the restriction first")
    at = end_of(UNTIL) - timedelta(seconds=1)
    clock = EraseAfterRetention(personal_id=ID)
    restricted().when(clock, CLOCK, at).refused(Conflict, "must be kept to the end")


def test_the_clock_erases_on_the_day_the_term_ends_and_nobody_else_may_send_that() -> None:
    clock, at = EraseAfterRetention(personal_id=ID), end_of(UNTIL)
    ended, erased = restricted().when(clock, CLOCK, at).events()
    assert isinstance(ended, RetentionEnded)
    assert isinstance(erased, PersonalDataErased)
    assert (erased.at, erased.ground) == (at, ErasureGround.PURPOSE_ENDED)
    assert erased.basis == Basis(LAW, "第四十七条")
    restricted().when(clock, OFFICER, at).refused(Forbidden)
    after = restricted().when(clock, CLOCK, at).then(RetentionEnded, PersonalDataErased)
    after.when(clock, CLOCK, at).refused(Conflict, "nothing is restricted")


def test_who_is_back_in_office_when_the_term_ends_is_left_as_he_is() -> None:
    appoint = AppointOfficer(org_id=org("tax"), person_id=GONE, role=Role.CATALOGUER)
    back = restricted().when(appoint, HEAD).then(OfficerAppointed)
    clock = EraseAfterRetention(personal_id=ID)
    back.when(clock, CLOCK, end_of(UNTIL)).then(RetentionEnded, PersonalDataRestrictionLifted)


def test_a_restriction_made_by_mistake_is_lifted_and_the_data_can_be_erased_then() -> None:
    lift = LiftPersonalDataRestriction(subject_id=SUBJECT, reason="误将在办人员列入")
    lifted = restricted().when(lift, OFFICER).then(PersonalDataRestrictionLifted)
    lifted.when(lift, OFFICER).refused(Conflict, "nothing about")
    lifted.when(erase(), OFFICER).then(PersonalDataErased)
    restricted().when(lift, who("civil", Role.SECURITY_OFFICER)).refused(Forbidden)


def test_a_term_may_be_set_anew_and_an_erased_subject_erased_again() -> None:
    longer = kept(retained_until=UNTIL + timedelta(days=365))
    restricted().when(longer, OFFICER).then(PersonalDataRestricted)
    erased = served().when(erase(), OFFICER).then(PersonalDataErased)
    erased.when(erase(), OFFICER).then(PersonalDataErased)


def test_who_holds_something_is_no_part_of_the_wish() -> None:
    one, other = erase(), erase(holder_ids=())
    assert one.model_dump(mode="json") == other.model_dump(mode="json")
