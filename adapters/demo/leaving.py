"""Two who leave in the course of the year: one is erased, one is kept as long as law wants it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from adapters.demo.people import full_name, person, telephone
from adapters.demo.step import Dice, Step, basis_id, moment, org_id
from hub.actor import Role

APPOINTED, RELIEVED, ASKED = date(2025, 3, 3), date(2025, 9, 26), date(2025, 11, 12)
_ROLE = Role.BUSINESS_USER.value


def leaving(seed: int) -> Iterator[Step]:
    """Yield how a trainee and a registrar come, go, and ask to be forgotten."""
    yield from _left("civil", "trainee", seed, {})
    # What was shared is on record for three years (Decree 809 §29), and so is who handled it.
    yield from _left(
        "market",
        "registrar",
        seed,
        {
            "retained_until": "2028-09-26",
            "retention_basis": _basis("decree-809", "第二十九条"),
        },
    )


def _left(org: str, office: str, seed: int, kept: dict[str, Any]) -> Iterator[Step]:
    who, lane = person(org, office), f"{org}.{office}"
    ident = {"org_id": org_id(org), "person_id": who, "role": _ROLE}
    named = {"name": full_name(who, seed), "phone": telephone(who, seed)}
    minute = Dice(seed, f"leaving/{who}").minute(300)
    yield Step(
        at=moment(APPOINTED, minute),
        lane=lane,
        who=person(org, "head"),
        path="departments/appoint-officer",
        body=ident | named,
    )
    yield Step(
        at=moment(RELIEVED, minute),
        lane=lane,
        who=person(org, "head"),
        path="departments/relieve-officer",
        body=ident,
    )
    yield Step(
        at=moment(ASKED, minute),
        lane=lane,
        who=person(org, "office"),
        path="security/erase-personal-data",
        body={
            "subject_id": f"person:{who}",
            "org_id": org_id(org),
            "ground": "purpose_ended",
            "basis": _basis("personal-information-law", "第四十七条"),
            **kept,
        },
    )


def _basis(key: str, article: str) -> dict[str, str]:
    return {"legal_basis_id": basis_id(key), "article": article}
