"""`as_of`: the whole hub as it stood on a day, at a time, or at a position of the record.

Who may look back: the officers of departments (at what they may read anyway), overseers, and an
auditor; not machines, and not the operator, who runs the hub and has no business with its history.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import psycopg
from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from adapters.http.desk import Desk
from adapters.http.problems import EdgeProblem
from adapters.http.standing import Reader
from hub.actor import Role
from hub.departments.calendar import local_day
from hub.errors import Forbidden
from hub.record import rfc3339
from projections.moment import Moment, is_day, moment_of
from projections.pasts import Past
from projections.reader import head

WITHOUT_HISTORY = frozenset({Role.OPERATOR, Role.ADAPTER, Role.CLOCK})
"""Roles that see the present only."""
LIMIT, LIMIT_MAX = 100, 1_000
Answer = TypeVar("Answer")
_PLUS_LOST = re.compile(r"(?<=\d) (?=\d\d:\d\d$)")
"""In an address “+08:00” arrives as “ 08:00” unless the plus was escaped; a day has no such end."""


def _written(text: str) -> str:
    """Check that a day or a time was written; the plus of a zone is put back."""
    mended = _PLUS_LOST.sub("+", text) if "T" in text else text
    try:
        if mended:
            moment_of(mended)
    except ValueError as error:
        kind, words = "moment", "write a day (2026-06-30) or a time (2026-06-30T17:30:00+08:00)"
        raise PydanticCustomError(kind, words) from error
    return mended


DayOrTime = Annotated[
    str,
    Field(max_length=40),
    AfterValidator(_written),
    WithJsonSchema({"type": "string", "maxLength": 40, "examples": ["2026-06-30"]}),
]
"""A day (its end in China) or a time, as people write it."""


class Paging(BaseModel):
    """How much, from where, not before which position, as of when, in which form."""

    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX, description="Rows a page 每页行数")
    cursor: str = Field(
        default="", max_length=600, description="From `next` of the page before 下一页游标"
    )
    after: int = Field(
        default=0, ge=0, le=2**62, description="Wait until the view has it 等待视图到达位置"
    )
    bom: bool = Field(default=False, description="Byte order mark in CSV 在CSV中带BOM")
    as_of: DayOrTime = Field(
        default="",
        description="As it stood in law at the end of a day, or at a time 截至某日或某时",
    )
    as_of_position: int = Field(
        default=0,
        ge=0,
        le=2**62,
        description="As the record stood at a position; 0: now 截至某卷宗位置",
    )


def moment_asked(text: str, position: int, now: datetime, *, where: str = "as_of") -> Moment | None:
    """Return the moment asked for, None for the present (today is the present).

    Raises EdgeProblem for a day that has not begun or a time that has not come.
    """
    as_of = moment_of(text) if text else None
    if as_of is not None and is_day(text) and local_day(as_of) == local_day(now):
        as_of = None
    if as_of is not None and as_of > now:
        raise EdgeProblem(
            "validation",
            f"{text} lies in the future; the hub shows what was, and today as it is",
            f"{text}尚未到来，只能查询过去或今天的情况",
            where=where,
        )
    if as_of is None and not position:
        return None
    return Moment(as_of, position or None)


def check_position(position: int, last: int, where: str) -> None:
    """Refuse a position the record has not reached; raises EdgeProblem."""
    if position > last:
        raise EdgeProblem(
            "malformed",
            f"the record's last position is {last}; `{where}` is the position of a receipt",
            f"卷宗最新位置为{last}，{where} 应为回执所示位置",
            where=where,
        )


def check_history(reader: Reader) -> None:
    """Let officers look back; raises Forbidden for machines and the operator."""
    if not reader.roles - WITHOUT_HISTORY:
        raise Forbidden(
            "the hub as it stood in the past is shown to officers of departments, overseers and"
            " auditors; machines and the operator see the present",
            "历史状态仅供部门工作人员、监督部门和审计人员查询，系统账号与平台运维只能查看现状",
            where="as_of",
        )


class AsOf:
    """The moment one question is asked of, and the past it was answered from."""

    pasts: tuple[Past, ...] = ()

    @property
    def past(self) -> Past | None:
        """Return the past the answer is from, once there is one."""
        return self.pasts[-1] if self.pasts else None

    def __init__(self, desk: Desk, reader: Reader, paging: Paging) -> None:
        """Read the moment; raises EdgeProblem for a future one, Forbidden for who may not look."""
        self.desk = desk
        self.moment = moment_asked(paging.as_of, paging.as_of_position, desk.clock())
        if self.moment is not None:
            check_history(reader)

    async def ask(self, question: Callable[[psycopg.Connection], Answer]) -> Answer:
        """Answer from the views as they stand, or as they stood at the moment asked for."""
        if self.moment is None:
            return await self.desk.ask(question)
        if self.moment.until is not None:
            check_position(self.moment.until, await self.desk.ask(head), "as_of_position")
        self.pasts, answer = await self.desk.pasts.ask([self.moment], question)
        return answer

    async def ask_at(
        self, moments: Sequence[Moment], question: Callable[[psycopg.Connection], Answer]
    ) -> Answer:
        """Answer a question that looks at several pasts by the names of their schemas."""
        self.pasts, answer = await self.desk.pasts.ask(moments, question)
        return answer

    async def now(self) -> datetime:
        """Return the time that is now in the answer: on this a term is over or a rule in force."""
        if self.moment is None:
            return self.desk.clock()
        if self.moment.as_of is not None:
            return self.moment.as_of
        await self.ask(head)
        return (self.past and self.past.stands_at) or self.desk.clock()

    def by_dates(self) -> datetime:
        """Return the moment of a question that finds it by the dates in its rows, without a build.

        Only for views that keep what is over; as of a position they are built all the same.
        """
        if self.moment is None or self.moment.as_of is None or self.moment.until is not None:
            return self.desk.clock()
        moment, self.moment = self.moment.as_of, None
        return moment

    def present_only(self) -> None:
        """Refuse `as_of` where there is no past to show; raises EdgeProblem."""
        if self.moment is not None:
            raise EdgeProblem(
                "malformed",
                "this is answered for the present only; leave as_of out",
                "此项只反映现状，请勿填写 as_of",
                where="as_of",
            )

    def check_answered(self) -> None:
        """Refuse an answer from the present to a question about the past; raises EdgeProblem."""
        if self.past is None:
            self.present_only()

    def headers(self) -> dict[str, str]:
        """Return the headers that say of when an answer is, none for the present."""
        if self.past is None or self.moment is None:
            return {}
        said = {"hub-as-of-position": str(self.past.last_position)}
        at = self.past.stands_at
        return said if at is None else {**said, "hub-as-of": rfc3339(at)}
