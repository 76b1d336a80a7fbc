"""Who speaks to the hub and in which role (DOMAIN roles; Decree 809 §8, §10, §11)."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """A role of the regulation; an officer holds one or more in one department."""

    CATALOGUER = "cataloguer"
    SHARING_HEAD = "sharing_head"
    DEPARTMENT_HEAD = "department_head"
    BUSINESS_USER = "business_user"
    AUTHORITY_REVIEWER = "authority_reviewer"
    AUTHORITY_MEDIATOR = "authority_mediator"
    AUTHORITY_SUPERVISOR = "authority_supervisor"
    FINANCE_REVIEWER = "finance_reviewer"
    GOVERNMENT = "government"
    AUDITOR = "auditor"
    SECURITY_OFFICER = "security_officer"
    OPERATOR = "operator"
    ADAPTER = "adapter"
    CLOCK = "clock"


class Via(StrEnum):
    """The door through which somebody spoke."""

    UI = "ui"
    API = "api"
    ADAPTER = "adapter"
    CLI = "cli"
    CLOCK = "clock"


class Speaker(msgspec.Struct, frozen=True):
    """Somebody whose identity the edge has established; which role he may use is not yet decided.

    `standing` is a role that no department appoints (operator, clock); the edge alone sets it.
    """

    org_id: str
    person_id: str
    via: Via
    standing: Role | None = None


class Actor(msgspec.Struct, frozen=True):
    """The speaker in the role under which the hub let him act; part of every event."""

    org_id: str
    person_id: str
    role: Role
    via: Via


CLOCK = Speaker(org_id="hub", person_id="clock", via=Via.CLOCK, standing=Role.CLOCK)
"""The clock process: it records what time or changed law brings about, and nothing else."""
