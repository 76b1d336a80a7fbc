"""Four hundred requests with every outcome: agreed, declined, extended, supplemented, withdrawn, late.

The plan knows the law's terms and keeps or misses them on purpose; what the hub makes of it is
the hub's own doing.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from adapters.demo.entries import COLUMNS, Speech
from adapters.demo.names import AUTHORITY, DEPARTMENTS, SCENARIOS
from adapters.demo.people import full_name, person, telephone
from adapters.demo.resources import Mounted
from adapters.demo.step import LAST_DAY, Dice, Step, after, basis_id, working_day
from hub.sharing.commands import grant_id_of

REQUESTS = 400
"""Requests at scale 1."""
DECREE_FROM = date(2025, 8, 1)
"""The day the decree on sharing came into force."""
_OUTCOMES = (
    ("agreed", 46), ("late", 8), ("supplemented", 12), ("extended", 8), ("declined", 10),
    ("withdrawn", 6), ("provided_late", 4), ("open", 3), ("double_supplement", 3),
)  # fmt: skip
"""What becomes of a request for a conditional entry, and how often."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request of the plan; `granted_on` is None where nothing was granted and provided."""

    request_id: str
    mounted: Mounted
    requester: str
    asked_on: date
    outcome: str
    steps: tuple[Step, ...]
    granted_on: date | None

    @property
    def grant_id(self) -> str:
        """The grant the request leads to."""
        return grant_id_of(self.request_id)


def _basis(day: date, article: str) -> dict[str, str]:
    """Return what a request rests on: the decree once it is in force, the older rules before."""
    if day < DECREE_FROM:
        return {"legal_basis_id": basis_id("online-service-rules"), "article": "第七条"}
    return {"legal_basis_id": basis_id("decree-809"), "article": article}


def standing(mounted: list[Mounted], seed: int) -> Iterator[Step]:
    """Yield standing approvals: every third unconditional entry is given out by itself."""
    for number, one in enumerate(m for m in mounted if m.entry.share_type == "unconditional"):
        if number % 3 == 0:
            say = Speech(one.resource_id, Dice(seed, f"standing/{one.resource_id}"))
            yield say(after(one.active_on, 1), one.entry.owner, "office",
                      "sharing/give-standing-approval",
                      {"entry_id": one.entry.entry_id, "reason": "无条件共享，预先同意"})  # fmt: skip


def has_standing(mounted: list[Mounted]) -> set[str]:
    """Return the entries with a standing approval."""
    plain = [m for m in mounted if m.entry.share_type == "unconditional"]
    return {one.entry.entry_id for number, one in enumerate(plain) if number % 3 == 0}


def plan(mounted: list[Mounted], seed: int, scale: float) -> list[Asked]:
    """Plan the year's requests."""
    dice = Dice(seed, "requests")
    automatic = has_standing(mounted)
    ready = [one for one in mounted if one.entry.method == "interface" or one.batches]
    words = [word for word, weight in _OUTCOMES for _ in range(weight)]
    asked = []
    for number in range(max(int(REQUESTS * scale), 12)):
        one = dice.random.choice(ready)
        others = [key for key in DEPARTMENTS if key != one.entry.owner]
        first = after(one.active_on, 30)
        if one.entry.cycle == "yearly":
            first = after(one.active_on, 8)
        asked_on = dice.day(min(first, date(2025, 11, 1)), date(2025, 12, 5))
        outcome = dice.random.choice(words)
        if one.entry.share_type == "unconditional":
            outcome = "standing" if one.entry.entry_id in automatic else outcome
            outcome = {"extended": "agreed", "declined": "agreed"}.get(outcome, outcome)
        asked.append(_asked(f"{number}", one, dice.random.choice(others), asked_on, outcome, seed))
    return asked


def _asked(
    name: str, one: Mounted, requester: str, asked_on: date, outcome: str, seed: int
) -> Asked:
    request_id = Dice(seed, "requests").ident("sharing.request", name)
    story = _Story(request_id, one, requester, seed)
    story.ask(asked_on)
    granted_on = story.answer(asked_on, outcome)
    return Asked(
        request_id=request_id,
        mounted=one,
        requester=requester,
        asked_on=asked_on,
        outcome=outcome,
        steps=tuple(story.steps),
        granted_on=granted_on,
    )


class _Story:
    """Writes down the steps of one request."""

    def __init__(self, request_id: str, one: Mounted, requester: str, seed: int) -> None:
        self.steps: list[Step] = []
        self._ident = {"request_id": request_id}
        self._one, self._requester, self._seed = one, requester, seed
        self._clerk = person(requester, "clerk")
        self._dice = Dice(seed, f"request/{request_id}")
        self._say = Speech(request_id, self._dice)

    def _do(self, day: date, org: str, office: str, verb: str, **body: Any) -> None:
        if day <= LAST_DAY:
            step = self._say(day, org, office, f"sharing/{verb}", {**self._ident, **body})
            self.steps.append(step)

    def ask(self, day: date) -> None:
        """Draft, approve inside, submit: all on one day."""
        entry, draw = self._one.entry, self._dice.random
        items = [name for name, _, _ in COLUMNS[entry.form]]
        wanted = items[: draw.randint(2, len(items))]
        _, subjects = DEPARTMENTS[self._requester]
        scenario = draw.choice(SCENARIOS).format(subject=draw.choice(subjects), about=entry.title)
        self._do(day, self._requester, "clerk", "draft-sharing-request",
                 entry_id=entry.entry_id,
                 requester_id=f"departments.organization:{self._requester}",
                 basis=_basis(day, "第二十条"),
                 scenario=scenario, items=wanted, methods=[entry.method],
                 period_from=day.isoformat(),
                 period_to=(day + timedelta(days=draw.choice((60, 180, 365)))).isoformat(),
                 system_id=f"{self._requester}-sys-{draw.randint(1, 3)}",
                 service_item=f"{draw.choice(subjects)}办理", warranted=True,
                 handler_id=self._clerk, handler_name=full_name(self._clerk, self._seed),
                 handler_phone=telephone(self._clerk, self._seed))  # fmt: skip
        self._do(day, self._requester, "office", "approve-sharing-request-internally")
        self._do(day, self._requester, "office", "submit-sharing-request")

    def answer(self, asked_on: date, outcome: str) -> date | None:
        """Answer in the way planned; return the day the data was provided, if it was."""
        plain = self._one.entry.share_type == "unconditional"
        draw = self._dice.random
        in_time = after(asked_on, 1 if plain else draw.randint(2, 8))
        owner = self._one.entry.owner
        match outcome:
            case "standing":
                return self._provide(after(asked_on, draw.randint(1, 3)))
            case "open":
                return None
            case "withdrawn":
                day = asked_on if plain else after(asked_on, 1)
                self._do(day, self._requester, "office", "withdraw-sharing-request",
                         reason="业务调整，不再需要")  # fmt: skip
                return None
            case "declined":
                self._do(in_time, owner, "office", "decline-sharing-request",
                         reason_code="exceeds_need", reason="申请范围超出履行职责所必需",
                         basis=_basis(in_time, "第二十一条"))  # fmt: skip
                return None
            case "late":
                return self._agree(
                    after(asked_on, draw.randint(3, 6) if plain else draw.randint(11, 15))
                )
            case "extended":
                return self._extended(asked_on)
            case "supplemented" | "double_supplement":
                return self._supplemented(asked_on, twice=outcome == "double_supplement")
            case _:
                return self._agree(in_time, late=outcome == "provided_late")

    def _agree(self, day: date, *, late: bool = False) -> date | None:
        self._do(day, self._one.entry.owner, "office", "agree-sharing-request")
        if day > LAST_DAY:
            return None
        return self._provide(after(day, self._dice.random.randint(22, 28) if late else
                                   self._dice.random.randint(1, 12)))  # fmt: skip

    def _provide(self, day: date) -> date | None:
        """Fulfil by the first batch or, for an interface, by tested access."""
        by_batch = bool(self._one.batches)
        extra = {"batch_id": self._one.batches[0]} if by_batch else {}
        self._do(day, self._one.entry.owner, "clerk", "fulfil-sharing-request",
                 via="delivery" if by_batch else "tested_access",
                 resource_id=self._one.resource_id, evidence="首次交付/接口联调通过", **extra)  # fmt: skip
        return day if day <= LAST_DAY else None

    def _extended(self, asked_on: date) -> date | None:
        owner = self._one.entry.owner
        self._do(after(asked_on, 6), owner, "office", "ask-reply-extension",
                 days=5, reason="涉及多个系统，需进一步核实")  # fmt: skip
        self._do(after(asked_on, 8), AUTHORITY, "reviewer", "grant-reply-extension",
                 days=5, notice="已同意延期5个工作日并告知申请部门")  # fmt: skip
        return self._agree(after(asked_on, 13))

    def _supplemented(self, asked_on: date, *, twice: bool) -> date | None:
        owner, plain = self._one.entry.owner, self._one.entry.share_type == "unconditional"
        asked = asked_on if plain else after(asked_on, 3)
        self._do(asked, owner, "office", "ask-sharing-request-supplement",
                 missing=["应用系统等级保护备案证明", "数据使用安全承诺书"])  # fmt: skip
        back = working_day(asked + timedelta(days=self._dice.random.randint(1, 6)))
        self._do(back, self._requester, "office", "supplement-sharing-request",
                 answers="已补充备案证明和承诺书")  # fmt: skip
        if twice:  # only one round is lawful: the hub refuses the second
            self._do(back, owner, "office", "ask-sharing-request-supplement", missing=["其他材料"])
            self.steps[-1] = msgspec.structs.replace(self.steps[-1], refused=True)
        return self._agree(after(back, 1 if plain else self._dice.random.randint(2, 8)))
