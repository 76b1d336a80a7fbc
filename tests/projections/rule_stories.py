"""Events of the register of legal bases and of the city's rule set, for several tests."""

from __future__ import annotations

from datetime import date

import msgspec

from hub.departments.events import (
    DeadlineRuleSet,
    LegalBasisAmended,
    LegalBasisRegistered,
    LegalBasisRepealed,
    PolicyChanged,
)
from hub.departments.kinds import LegalRank
from hub.departments.ruleset import RULE_SET_ID
from tests.projections.stories import NOON, WANG

DECREE, NOTICE, OLD = (f"departments.legal_basis:{name}" for name in ("809", "notice", "old"))
MAY = date(2026, 5, 1)


def entered(basis_id: str, title: str, number: str, **others: object) -> LegalBasisRegistered:
    event = LegalBasisRegistered(
        at=NOON,
        by=WANG,
        legal_basis_id=basis_id,
        title=title,
        number=number,
        rank=LegalRank.ADMINISTRATIVE_REGULATION,
        issuer="国务院",
        valid_from=date(2025, 8, 1),
    )
    return msgspec.structs.replace(event, **others)


def amended(basis_id: str, day: date, title: str = "") -> LegalBasisAmended:
    return LegalBasisAmended(
        at=NOON, by=WANG, legal_basis_id=basis_id, changed_on=day, summary="第三条", title=title
    )


def repealed(basis_id: str, day: date) -> LegalBasisRepealed:
    return LegalBasisRepealed(
        at=NOON, by=WANG, legal_basis_id=basis_id, repealed_on=day, reason="新法施行"
    )


def ours(term: int, valid_from: date, document: str, rule_id: str = "D-05") -> DeadlineRuleSet:
    return DeadlineRuleSet(
        at=NOON,
        by=WANG,
        rule_set_id=RULE_SET_ID,
        rule_id=rule_id,
        term=term,
        extension=5,
        valid_from=valid_from,
        document=document,
    )


def decided(value: str, document: str) -> PolicyChanged:
    return PolicyChanged(
        at=NOON,
        by=WANG,
        rule_set_id=RULE_SET_ID,
        policy="screening",
        value=value,
        document=document,
    )


REGISTER = (
    entered(DECREE, "政务数据共享条例", "国务院令第809号"),
    entered(
        NOTICE,
        "长江市数据共享管理办法（试行）",
        "长政〔2024〕１４号",
        rank=LegalRank.DOCUMENT,
        issuer="长江市人民政府",
        valid_from=date(2024, 1, 1),
        valid_to=date(2026, 12, 31),
    ),
    entered(OLD, "Interim Measures 50%_off", "", valid_from=date(2016, 9, 5)),
    repealed(OLD, date(2025, 8, 1)),
)
RULES = (
    *(ours(7, MAY, "长政1号"), ours(8, MAY, "长政3号"), ours(6, date(2026, 6, 1), "长政2号")),
    *(decided("on", "长政4号"), decided("off", "长政5号")),
)
"""Rules of a city, one of them decided anew for the same day."""
