"""A sealed log begins anew under a new name, and the record says why."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hub.actor import Role, Speaker, Via
from hub.errors import Conflict, Forbidden
from hub.supervision import commands as c
from hub.supervision import events as e
from tests.hub.departments.city import CITY, who
from tests.hub.kit import given

OPERATOR = Speaker("hub", "root", Via.CLI, Role.OPERATOR)
LOG = "supervision.log:sha256"


def begin(origin: str, before: str = "") -> c.StartLogOrigin:
    return c.StartLogOrigin(
        log_id=LOG,
        origin=origin,
        key=f"{origin}+0badc0de+AQID",
        reason="数据库从旧备份恢复",
        previous_origin=before,
        previous_size=1000 if before else 0,
        previous_root="ab" * 32 if before else "",
    )


def test_the_operator_begins_a_log_and_says_which_ended_and_why() -> None:
    [event] = given(*CITY).when(begin("city/2", "city/1"), OPERATOR).events()

    assert isinstance(event, e.LogOriginStarted)
    assert (event.origin, event.previous_origin, event.previous_size) == ("city/2", "city/1", 1000)
    assert event.reason == "数据库从旧备份恢复"


@pytest.mark.parametrize("name", ["city/1", "city/2"])
def test_a_name_that_a_log_has_had_is_never_taken_again(name: str) -> None:
    world = given(*CITY).when(begin("city/2", "city/1"), OPERATOR).then(e.LogOriginStarted)

    world.when(begin(name, "city/2"), OPERATOR).refused(Conflict, "choose another name")


def test_a_log_cannot_follow_itself() -> None:
    given(*CITY).when(begin("city/1", "city/1"), OPERATOR).refused(Conflict, "has been before")


def test_nobody_in_a_department_begins_a_log() -> None:
    head = who("city", Role.AUTHORITY_SUPERVISOR)

    given(*CITY).when(begin("city/2", "city/1"), head).refused(Forbidden)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "x" * 201])
def test_a_name_that_no_checkpoint_can_bear_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        begin(name)
