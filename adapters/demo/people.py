"""Who lives in the city: organisations, officers with their accounts, and departments' machines."""

from collections.abc import Iterator
from datetime import date

from stdnum.cn import uscc as _uscc

from adapters.demo.names import AUDIT, AUTHORITY, DEPARTMENTS, GIVEN, GOVERNMENT, REGION, SURNAMES
from adapters.demo.step import FIRST_DAY, Dice, Step, moment, org_id
from hub.actor import Role

_BODIES = {
    AUTHORITY: ("市数据局", "authority"),
    GOVERNMENT: ("市人民政府办公室", "government"),
    AUDIT: ("市审计局", "audit_office"),
}
OFFICES: dict[str, tuple[Role, ...]] = {
    "clerk": (Role.CATALOGUER, Role.BUSINESS_USER),
    "office": (Role.SHARING_HEAD, Role.SECURITY_OFFICER),
    "head": (Role.DEPARTMENT_HEAD,),
}
"""The three officers of a department and the roles each holds."""
SPECIAL: dict[str, tuple[tuple[str, Role], ...]] = {
    AUTHORITY: (
        ("reviewer", Role.AUTHORITY_REVIEWER),
        ("supervisor", Role.AUTHORITY_SUPERVISOR),
        ("mediator", Role.AUTHORITY_MEDIATOR),
    ),
    GOVERNMENT: (("mayor", Role.GOVERNMENT),),
    AUDIT: (("auditor", Role.AUDITOR),),
}
_ORGANS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_DIGITS = 8


def person(org: str, office: str) -> str:
    """Return the key of a person: `civil.clerk`."""
    return f"{org}.{office}"


def machine(org: str) -> str:
    """Return the key of a department's machine."""
    return f"{org}.adapter"


def credit_code(number: int) -> str:
    """Return a unified social credit code of a state organ that nobody has, check digit true."""
    body = f"11{REGION}MB{number:0{_CODE_DIGITS - 1}d}"
    return next(body + last for last in _ORGANS if _uscc.is_valid(body + last))


def display_name(dice: Dice) -> str:
    """Return a made-up name."""
    surname = dice.random.choice(SURNAMES)
    return surname + "".join(dice.random.sample(GIVEN, dice.random.choice((1, 2))))


def full_name(who: str, seed: int) -> str:
    """Return the made-up name of a person: the same wherever the city speaks of him."""
    return display_name(Dice(seed, f"name/{who}"))


def telephone(who: str, seed: int) -> str:
    """Return a made-up telephone number: no subscriber's number begins with 000."""
    return f"0739-000{Dice(seed, f'telephone/{who}').random.randint(0, 9999):04d}"


def founding(seed: int) -> Iterator[Step]:
    """Yield how the head of the authority enters everybody in the directory on the first day."""
    day, head = FIRST_DAY, person(AUTHORITY, "head")
    for number, (key, (name, kind)) in enumerate(_all().items(), start=1):
        if key != AUTHORITY:
            yield Step(
                at=moment(day, 0),
                lane=key,
                who=head,
                path="departments/register-organization",
                body={
                    "org_id": org_id(key),
                    "name": name,
                    "kind": kind,
                    "uscc": credit_code(number),
                    "region_code": REGION,
                    "duties": list(DEPARTMENTS.get(key, ("", ()))[1]),
                    "authorized_by": "departments.legal_basis:decree-809"
                    if kind == "authorized_organization"
                    else None,
                },
            )
        yield from _officers(key, seed, day)


def _all() -> dict[str, tuple[str, str]]:
    return _BODIES | {
        key: (name, "authorized_organization" if key == "fund" else "department")
        for key, (name, _) in DEPARTMENTS.items()
    }


def _officers(key: str, seed: int, day: date) -> Iterator[Step]:
    yield from _appointments(key, seed, day)
    offices = [*OFFICES, *(office for office, _ in SPECIAL.get(key, ()))]
    for office in offices:
        if (key, office) != (AUTHORITY, "head"):
            who = person(key, office)
            yield _account(key, who, full_name(who, seed), day)
    yield _account(key, machine(key), f"{key} 前置机", day, kind="adapter")
    contact = person(key, "office")
    yield Step(
        at=moment(day, 30),
        lane=key,
        who=person(key, "head"),
        path="departments/designate-sharing-unit",
        body={
            "org_id": org_id(key),
            "unit": "数据共享股",
            "contact_id": contact,
            "contact_name": full_name(contact, seed),
            "contact_phone": telephone(contact, seed),
        },
    )


def _appointments(key: str, seed: int, day: date) -> Iterator[Step]:
    head = person(AUTHORITY, "head")
    posts = [(office, role) for office, roles in OFFICES.items() for role in roles]
    for office, role in (*posts, *SPECIAL.get(key, ())):
        if (key, role) == (AUTHORITY, Role.DEPARTMENT_HEAD):
            continue  # the operator founded the hub with this head
        yield Step(
            at=moment(day, 10),
            lane=key,
            who=head,
            path="departments/appoint-officer",
            body={
                "org_id": org_id(key),
                "person_id": person(key, office),
                "role": role.value,
                "name": full_name(person(key, office), seed),
                "phone": telephone(person(key, office), seed),
            },
        )
    yield Step(
        at=moment(day, 11),
        lane=key,
        who=head,
        path="departments/appoint-officer",
        body={"org_id": org_id(key), "person_id": machine(key), "role": Role.ADAPTER.value},
    )


def _account(key: str, person_id: str, name: str, day: date, kind: str = "person") -> Step:
    """Open an account; a person's password is put in by who lives the year, never planned."""
    return Step(
        at=moment(day, 20),
        lane=key,
        who=person(AUTHORITY, "head"),
        path="identity/accounts",
        body={
            "person_id": person_id,
            "org_id": org_id(key),
            "display_name": name,
            "kind": kind,
        },
    )
