"""Questions about what must be followed 依据与规则: legal bases, terms and policies in force."""

from typing import Annotated

import msgspec
import psycopg
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, BeforeValidator, Field

from adapters.http.described import listing, single
from adapters.http.places import PLACES
from adapters.http.question import A
from adapters.http.reading import check_officer
from hub.command import Day, LegalBasisId, clean
from hub.departments.calendar import local_day
from hub.departments.kinds import LegalRank
from hub.term import term
from projections import legal_bases as register
from projections import rule_set
from projections.legal_bases import LEGAL_BASES, LegalBasisRow
from projections.rule_set import (
    CITY_DEADLINE_RULES,
    CITY_POLICIES,
    DeadlineInForce,
    PolicyInForce,
)

router = APIRouter(prefix="/api/v1/departments", tags=["departments"])
PLACES["departments.legal_basis"] = "/api/v1/departments/legal-bases"
BasisPath = Annotated[LegalBasisId, Path(description="departments.legal_basis:…")]
Text = Annotated[str, BeforeValidator(clean), Field(max_length=200)]


class BasisSearch(BaseModel):
    """What is looked for in the register of legal bases; what is left out does not matter."""

    q: Text = Field("", description="Words of title, number or issuer 标题、文号、制定机关检索词")
    rank: LegalRank | None = Field(default=None, description="效力位阶")
    in_force_on: Day | None = Field(default=None, description="Applies on this day 该日有效")


@router.get("/legal-bases", summary="Legal bases 依据", **listing(LegalBasisRow))
async def legal_bases(asked: A, search: Annotated[BasisSearch, Query()]) -> Response:
    """Search the documents that can be cited, by title; give a day to see those that apply."""
    check_officer(asked.reader)
    last = asked.key(str, str)
    return await asked.page(
        lambda connection: register.legal_bases(
            connection,
            words=search.q,
            rank=search.rank or "",
            in_force_on=search.in_force_on,
            after=last,
            limit=asked.limit,
        ),
        LegalBasisRow,
        key=lambda row: (row.title, row.legal_basis_id),
        view=LEGAL_BASES.name,
    )


@router.get(
    "/legal-bases/{legal_basis_id}", summary="One legal basis 依据", **single(LegalBasisRow)
)
async def legal_basis(asked: A, legal_basis_id: BasisPath) -> Response:
    """Show one document as it is worded now, with the days on which it changed."""
    check_officer(asked.reader)
    return await asked.one(
        lambda connection: register.legal_basis(connection, legal_basis_id),
        legal_basis_id,
        view=LEGAL_BASES.name,
    )


@router.get("/deadline-rules", summary="Terms in force 时限规则", **listing(DeadlineInForce))
async def deadline_rules(
    asked: A, on: Annotated[Day | None, Query(description="Default: today 缺省为今天")] = None
) -> Response:
    """List the term of every duty in force on a day, the nation's or the city's, with its source.

    A term started on a day keeps the rule of that day.
    """
    check_officer(asked.reader)
    day = on or local_day(await asked.stood.now())

    def question(connection: psycopg.Connection) -> list[DeadlineInForce]:
        return [
            msgspec.structs.replace(row, title=term(f"deadline_rule.{row.rule_id}", asked.language))
            for row in rule_set.deadlines_in_force(connection, day)
        ]

    return await asked.page(
        question,
        DeadlineInForce,
        key=lambda row: (row.rule_id,),
        view=CITY_DEADLINE_RULES.name,
        whole=True,
    )


@router.get("/policies", summary="Policies 政策", **listing(PolicyInForce))
async def policies(asked: A) -> Response:
    """List what law leaves to the city: the value in force, the values possible, by what document.

    The first of the possible values applies where the city decided nothing.
    """
    check_officer(asked.reader)

    def question(connection: psycopg.Connection) -> list[PolicyInForce]:
        return [
            msgspec.structs.replace(row, title=term(f"policy.{row.policy}", asked.language))
            for row in rule_set.policies_in_force(connection)
        ]

    return await asked.page(
        question,
        PolicyInForce,
        key=lambda row: (row.policy,),
        view=CITY_POLICIES.name,
        whole=True,
    )
