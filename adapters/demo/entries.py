"""The catalogue of the city: entries drafted, assessed, approved, submitted, reviewed, published."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from adapters.demo.names import AUTHORITY, DEPARTMENTS, FORMS, PERSONAL, REGION
from adapters.demo.people import person
from adapters.demo.step import Dice, Step, after, basis_id, moment, org_id, working_day

ENTRIES = 660
"""Entries at scale 1."""
_CLASSES = ("unconditional",) * 55 + ("conditional",) * 38 + ("not_shared",) * 7
_METHODS = {"registration": "table", "licence": "table", "change": "table", "list": "file",
            "statistics": "file", "inspection": "interface"}  # fmt: skip
_FORMATS = {
    "table": ("database", "PostgreSQL"),
    "file": ("spreadsheet", "CSV"),
    "interface": ("service_interface", "REST JSON"),
}
COLUMNS: dict[str, tuple[tuple[str, str, int | None], ...]] = {
    "registration": (("登记号", "C", 20), ("名称", "C", 100), ("登记日期", "D", None), ("状态", "C", 10)),
    "licence": (("许可证号", "C", 20), ("持证主体", "C", 100), ("有效期至", "D", None), ("金额", "N", 12)),
    "statistics": (("指标代码", "C", 20), ("统计年度", "I", 4), ("数值", "N", 18), ("单位", "C", 10)),
    "list": (("编号", "C", 20), ("名称", "C", 100), ("地址", "C", 200), ("联系部门", "C", 50)),
    "inspection": (("检查编号", "C", 20), ("对象名称", "C", 100), ("检查日期", "D", None), ("是否合格", "L", None)),
    "change": (("流水号", "C", 20), ("事项", "C", 50), ("变更时间", "T", None), ("办理单位", "C", 50)),
}  # fmt: skip
"""Columns by the form's key: name, type letter, length; the first is the key."""
_GROUNDS = (
    ("tax-collection-law", "第八条", "涉及纳税人商业秘密和个人隐私，依法保密"),
    ("statistics-law", "第九条", "统计调查中能够识别单个调查对象的资料不得对外提供"),
    ("personal-information-law", "第二十八条", "含敏感个人信息，法律明确限制提供"),
)


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the plan and what later steps need to know of it."""

    entry_id: str
    owner: str
    subject: str
    title: str
    form: str
    cycle: str
    share_type: str
    method: str
    published_on: date
    content: dict[str, Any]


def plan(seed: int, scale: float) -> list[Planned]:
    """Choose the city's entries: every department gets some, in all three classes."""
    dice = Dice(seed, "entries")
    wanted = max(int(ENTRIES * scale), len(DEPARTMENTS))
    combinations = [
        (owner, subject, form)
        for owner, (_, subjects) in DEPARTMENTS.items()
        for subject in subjects
        for form in FORMS
    ]
    dice.random.shuffle(combinations)
    first = {owner: n for n, (owner, _, _) in reversed(list(enumerate(combinations)))}
    chosen = sorted(first.values())
    others = [n for n in range(len(combinations)) if n not in set(chosen)]
    chosen += others[: wanted - len(chosen)]
    return [_planned(dice, number, *combinations[n]) for number, n in enumerate(chosen, start=1)]


def _planned(
    dice: Dice, number: int, owner: str, subject: str, form: tuple[str, str, str]
) -> Planned:
    words, cycle, key = form
    share_type = dice.random.choice(_CLASSES)
    # Most of the catalogue is made in the first weeks, the rest during the year.
    early = dice.random.random() < 0.8
    span = (date(2025, 1, 6), date(2025, 2, 28)) if early else (date(2025, 3, 3), date(2025, 11, 7))
    # 婚姻登记 + 登记信息 is 婚姻登记信息.
    title = subject + (words[2:] if subject.endswith(words[:2]) else words)
    content = _content(dice, number, owner, subject, title, cycle, key, share_type)
    return Planned(
        entry_id=dice.ident("catalog.entry", str(number)),
        owner=owner,
        subject=subject,
        title=title,
        form=key,
        cycle=cycle,
        share_type=share_type,
        method=_METHODS[key],
        published_on=after(dice.day(*span), 3),
        content=content,
    )


def _content(  # noqa: PLR0917 - the words an entry is made of
    dice: Dice,
    number: int,
    owner: str,
    subject: str,
    title: str,
    cycle: str,
    key: str,
    share_type: str,
) -> dict[str, Any]:
    method = _METHODS[key]
    content: dict[str, Any] = {
        "title": title,
        "class_code": f"301{list(DEPARTMENTS).index(owner) + 1:03d}",
        "catalog_code": f"301{list(DEPARTMENTS).index(owner) + 1:03d}/{number:06d}",
        "abstract": f"{DEPARTMENTS[owner][0]}履行职责中形成的{title}，{_CYCLE_WORDS[cycle]}更新。",
        "format_class": _FORMATS[method][0],
        "format": _FORMATS[method][1],
        "items": _items(key, share_type),
        "share_type": share_type,
        "share_methods": [method],
        "open_type": "not_open",
        "update_cycle": cycle,
        "grade": "general",
        "has_personal_info": subject in PERSONAL,
        "themes": [_THEMES[list(DEPARTMENTS).index(owner) % len(_THEMES)]],
        "duty": f"{subject}管理职责",
        "region_code": REGION,
        "space_range": "全市",
    }
    return content | _terms(share_type, dice)


def _terms(share_type: str, dice: Dice) -> dict[str, Any]:
    """Return the conditions of class 2, the ground of class 3."""
    if share_type == "conditional":
        conditions = {
            "purposes": ["履行法定职责", "办理政务服务事项"],
            "period_days_max": 730,
            "security_demands": ["仅限申请系统使用，不得留存副本"],
        }
        return {"share_conditions": conditions}
    if share_type == "not_shared":
        law, article, reason = dice.random.choice(_GROUNDS)
        ground = {"reason": reason, "legal_basis_id": basis_id(law), "article": article}
        return {"not_shared": ground}
    return {}


_CYCLE_WORDS = {
    "daily": "每日",
    "weekly": "每周",
    "monthly": "每月",
    "quarterly": "每季度",
    "yearly": "每年",
}
_THEMES = ("公共服务", "健康保障", "社会保障", "食品药品安全", "安全生产", "价格监管", "能源安全",
           "信用体系", "城乡建设", "社区治理", "生态环保", "应急维稳")  # fmt: skip


def _items(key: str, share_type: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "data_type": kind,
            "length": length,
            "is_key": number == 0,
            "grade": "general",
            "item_share_type": share_type,
        }
        for number, (name, kind, length) in enumerate(COLUMNS[key])
    ]


def steps(entry: Planned, seed: int) -> Iterator[Step]:
    """Yield an entry's way into the catalogue; some are returned once, a few stay drafts."""
    dice = Dice(seed, f"entry/{entry.entry_id}")
    owner, ident = entry.owner, {"entry_id": entry.entry_id}
    start = working_day(entry.published_on - timedelta(days=6))
    say = Speech(entry.entry_id, dice)
    yield say(start, owner, "clerk", "catalog/draft-catalog-entry",
              {**ident, "provider_id": org_id(owner), "content": entry.content})  # fmt: skip
    kinds = [("secrecy", "not_secret")]
    if entry.content["has_personal_info"]:
        kinds.append(("pia", "acceptable"))
    for kind, outcome in kinds:
        yield say(start, owner, "office", "catalog/attach-risk-assessment",
                  {**ident, "kind": kind, "outcome": outcome,
                   "document": f"云评〔2025〕{dice.random.randint(1, 900)}号",
                   "assessed_on": start.isoformat()})  # fmt: skip
    rounds = 2 if dice.random.random() < 0.06 else 1
    submitted = reviewed = start
    for nth in range(rounds):
        yield say(submitted, owner, "head", "catalog/approve-catalog-entry-internally", ident)
        yield say(submitted, owner, "office", "catalog/submit-catalog-entry", ident)
        late = dice.random.random() < 0.03
        reviewed = after(submitted, 7 if late else dice.random.randint(1, 2))
        if nth + 1 < rounds:
            yield say(reviewed, AUTHORITY, "reviewer", "catalog/return-catalog-entry",
                      {**ident, "reason": "信息项说明不完整，请补充数据来源"})  # fmt: skip
            content = {
                **entry.content,
                "abstract": f"{entry.content['abstract']}数据来源：业务系统。",
            }
            submitted = after(reviewed, 1)
            yield say(submitted, owner, "clerk", "catalog/revise-catalog-entry",
                      {**ident, "content": content, "reason": "按审核意见补充"})  # fmt: skip
    yield say(reviewed, AUTHORITY, "reviewer", "catalog/approve-catalog-entry", ident)
    yield say(reviewed, AUTHORITY, "reviewer", "catalog/publish-catalog-entry", ident)


class Speech:
    """Puts steps of one lane one after the other, some minutes apart."""

    def __init__(self, lane: str, dice: Dice) -> None:
        """Speak for one lane, with chance of its own."""
        self._lane = lane
        self._day: date | None = None
        self._minute = 0
        self._dice = dice

    def __call__(
        self,
        day: date,
        org: str,
        office: str,
        path: str,
        body: dict[str, Any],
        *,
        refused: bool = False,
    ) -> Step:
        """Return what somebody says on a day, some minutes after what was said before."""
        if day != self._day:
            self._day, self._minute = day, self._dice.minute(300)
        self._minute += self._dice.random.randint(2, 15)
        return Step(
            at=moment(day, self._minute),
            lane=self._lane,
            who=person(org, office),
            path=path,
            body=body,
            refused=refused,
        )
