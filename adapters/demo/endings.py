"""How some grants end before their term, how the law changes, and what stays a draft."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from adapters.demo.entries import Planned, Speech
from adapters.demo.names import AUTHORITY
from adapters.demo.people import person
from adapters.demo.requests import Asked
from adapters.demo.step import LAST_DAY, Dice, Step, after, basis_id, moment, org_id

SUSPENDED, RELINQUISHED = 6, 8
"""How many grants are suspended for misuse, and how many given back, at scale 1."""
AMENDED_ON, AMENDED_LAW = date(2025, 9, 1), "statistics-law"
_DRAFTS = 12
_EARLIEST, _LATEST = date(2025, 8, 1), date(2025, 11, 14)


def chosen(granted: list[Asked], scale: float) -> dict[str, str]:
    """Return what happens to which request's grant: `suspended` or `relinquished`."""
    able = [
        one
        for one in granted
        if one.granted_on is not None
        and one.granted_on < _EARLIEST - timedelta(days=30)
        and date.fromisoformat(one.steps[0].body["period_to"]) > LAST_DAY
    ]
    suspended = able[: max(int(SUSPENDED * scale), 1)]
    given_back = able[len(suspended) :][: max(int(RELINQUISHED * scale), 1)]
    return {one.request_id: "suspended" for one in suspended} | {
        one.request_id: "relinquished" for one in given_back
    }


def last_use(asked: Asked, ends: dict[str, str], seed: int) -> date:
    """Return the last day on which a grant is used."""
    if asked.request_id not in ends:
        return LAST_DAY
    return _day(asked, seed) - timedelta(days=1)


def _day(asked: Asked, seed: int) -> date:
    return Dice(seed, f"ending/{asked.request_id}").day(_EARLIEST, _LATEST)


def steps(asked: Asked, ends: dict[str, str], seed: int) -> Iterator[Step]:
    """Yield the end of one grant: suspension with rectification or termination, or giving back."""
    match ends.get(asked.request_id):
        case "suspended":
            yield from _suspended(asked, seed)
        case "relinquished":
            yield from _relinquished(asked, seed)
        case _:
            return


def _suspended(asked: Asked, seed: int) -> Iterator[Step]:
    ident, day = {"grant_id": asked.grant_id}, _day(asked, seed)
    dice = Dice(seed, f"suspension/{asked.request_id}")
    say, rectified = Speech(asked.request_id, dice), dice.random.random() < 0.5
    decided = after(day, 12)
    yield say(day, AUTHORITY, "supervisor", "sharing/suspend-grant",
              {**ident, "reason_code": "scope_exceeded", "reason": "检查发现调用用途超出授权范围",
               "rectify_by": after(day, 10).isoformat()})  # fmt: skip
    if rectified:
        yield say(decided, AUTHORITY, "supervisor", "sharing/resume-grant",
                  {**ident, "rectification": "已停用违规接口并补充审批记录"})  # fmt: skip
        return
    yield say(decided, AUTHORITY, "supervisor", "sharing/terminate-grant",
              {**ident, "failure": "insufficient", "reason": "逾期整改不到位"})  # fmt: skip
    yield from _disposal(asked, say, decided, dice)


def _relinquished(asked: Asked, seed: int) -> Iterator[Step]:
    day, dice = _day(asked, seed), Dice(seed, f"relinquishing/{asked.request_id}")
    say = Speech(asked.request_id, dice)
    yield say(day, asked.requester, "office", "sharing/relinquish-grant",
              {"grant_id": asked.grant_id, "cause": "purpose_reached",
               "reason": "专项核验工作已完成"})  # fmt: skip
    yield from _disposal(asked, say, day, dice)


def _disposal(asked: Asked, say: Speech, ended: date, dice: Dice) -> Iterator[Step]:
    """Require the disposal, and prove it: mostly in time, now and then late."""
    ident, owner = {"grant_id": asked.grant_id}, asked.mounted.entry.owner
    required = after(ended, 1)
    yield say(required, owner, "office", "sharing/require-disposal",
              {**ident, "manner": "销毁全部副本并提交处置说明", "days": 10})  # fmt: skip
    late = dice.random.random() < 0.2
    done = after(required, dice.random.randint(12, 15) if late else dice.random.randint(2, 9))
    if done <= LAST_DAY:
        yield say(done, asked.requester, "office", "sharing/confirm-disposal",
                  {**ident, "method": "destroyed", "proof": "已清除缓存库及备份，附处置记录",
                   "disposed_on": done.isoformat()})  # fmt: skip


def amendment(entries: list[Planned], seed: int) -> Iterator[Step]:
    """Yield the change of a law and the updates it asks for: some in time, some late."""
    yield Step(
        at=moment(AMENDED_ON + timedelta(days=2), 30),
        lane="law",
        who=person(AUTHORITY, "reviewer"),
        path="departments/amend-legal-basis",
        body={
            "legal_basis_id": basis_id(AMENDED_LAW),
            "changed_on": AMENDED_ON.isoformat(),
            "summary": "统计资料保密条款修订，相关目录须核对不予共享依据",
        },
    )
    for entry in entries:
        if is_updated(entry):
            yield from _updated(entry, seed)


def is_updated(entry: Planned) -> bool:
    """Say whether an entry rests on the law that changed and was in force then."""
    ground = entry.content.get("not_shared", {}).get("legal_basis_id")
    return ground == basis_id(AMENDED_LAW) and entry.published_on < date(2025, 8, 1)


def update_days(entry: Planned, seed: int) -> tuple[date, date]:
    """Return the days on which the update is submitted and published."""
    chance = Dice(seed, f"update-days/{entry.entry_id}").random
    late = chance.random() < 0.25
    submitted = after(AMENDED_ON, chance.randint(12, 16) if late else chance.randint(4, 9))
    return submitted, after(submitted, chance.randint(1, 2))


def _updated(entry: Planned, seed: int) -> Iterator[Step]:
    dice, ident = Dice(seed, f"update/{entry.entry_id}"), {"entry_id": entry.entry_id}
    say = Speech(entry.entry_id, dice)
    day, reviewed = update_days(entry, seed)
    content: dict[str, Any] = {
        **entry.content,
        "abstract": f"{entry.content['abstract']}依据已按修订后的统计法核对。",
    }
    yield say(day, entry.owner, "clerk", "catalog/revise-catalog-entry",
              {**ident, "content": content, "reason": "法律修订"})  # fmt: skip
    yield say(day, entry.owner, "head", "catalog/approve-catalog-entry-internally", ident)
    yield say(day, entry.owner, "office", "catalog/submit-catalog-entry", ident)
    for verb in ("approve-catalog-entry", "publish-catalog-entry"):
        yield say(reviewed, AUTHORITY, "reviewer", f"catalog/{verb}", ident)


def drafts(entries: list[Planned], seed: int, scale: float) -> Iterator[Step]:
    """Yield entries begun in December and not finished, and one that breaks the law of class 3."""
    for number, entry in enumerate(entries[: max(int(_DRAFTS * scale), 2)]):
        dice = Dice(seed, f"draft/{number}")
        say, entry_id = Speech(f"draft-{number}", dice), dice.ident("catalog.entry", "draft")
        day = dice.day(date(2025, 12, 1), date(2025, 12, 19))
        content = {"title": f"{entry.subject}年度分析（拟编）", "share_type": "not_shared"}
        yield say(day, entry.owner, "clerk", "catalog/draft-catalog-entry",
                  {"entry_id": entry_id, "provider_id": org_id(entry.owner), "content": content})  # fmt: skip
        if number == 0:  # class 3 without a law: the head cannot approve it
            refused = say(day, entry.owner, "head", "catalog/approve-catalog-entry-internally",
                          {"entry_id": entry_id}, refused=True)  # fmt: skip
            yield refused
