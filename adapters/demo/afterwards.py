"""What follows a grant and runs beside: use, records of use, feedback, corrections, releases, audit."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from adapters.demo.entries import COLUMNS, Planned, Speech
from adapters.demo.names import AUDIT, AUTHORITY, PROBLEMS
from adapters.demo.people import display_name, machine, person, telephone
from adapters.demo.requests import Asked
from adapters.demo.step import LAST_DAY, Dice, Step, after, moment, org_id, working_day

CORRECTIONS = 60
"""Correction cases at scale 1."""
RELEASES = (date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 15))


def use(asked: Asked, seed: int, until: date = LAST_DAY) -> Iterator[Step]:
    """Yield the use of one grant until a day or its period ends, with records and feedback."""
    if asked.granted_on is None:
        return
    dice = Dice(seed, f"use/{asked.request_id}")
    ident = {"grant_id": asked.grant_id}
    end = min(until, _period_end(asked))
    day, sequence, first = after(asked.granted_on, 2), 1, None
    say = Speech(asked.request_id, dice)
    while day <= end and dice.random.random() < 0.93:
        first = first or day
        calls = dice.random.randint(3, 400)
        failed = dice.random.randint(0, calls // 50)
        yield Step(
            at=moment(day, dice.minute()),
            lane=asked.request_id,
            who=machine(asked.requester),
            path="sharing/record-usage",
            body={
                **ident,
                "day": day.isoformat(),
                "sequence": sequence,
                "calls": calls,
                "rows": calls * dice.random.randint(1, 20),
                "bytes": calls * dice.random.randint(200, 4000),
                "ok": calls - failed,
                "failed": failed,
                "systems": [_body(asked)["system_id"]],
                "items": _body(asked)["items"],
                "log_hash": f"sha256:{hashlib.sha256(f'{asked.grant_id}/{day}'.encode()).hexdigest()}",
            },
        )
        day = working_day(day + timedelta(days=dice.random.randint(10, 35)))
    if first is not None:
        yield from _records(asked, first, end, say, dice)


def _records(asked: Asked, first: date, end: date, say: Speech, dice: Dice) -> Iterator[Step]:
    """Yield what the requester writes down about its use, and its feedback."""
    ident, who, draw = {"grant_id": asked.grant_id}, asked.requester, dice.random
    day = after(first, 3)
    if day > end:
        return
    yield say(day, who, "clerk", "sharing/file-usage-entry",
              {**ident, "scenario": _body(asked)["scenario"], "process": "系统自动调用，人工复核",
               "effect": "减少申请人提交纸质材料", "storage": "政务云，加密存储",
               "destruction": "授权期满后30日内销毁"})  # fmt: skip
    if draw.random() < 0.7:
        yield say(day, who, "clerk", "sharing/link-service-item",
                  {**ident, "service_item": _body(asked)["service_item"], "channel": "一网通办"})  # fmt: skip
    told = working_day(first + timedelta(days=draw.randint(25, 75)))
    if told > LAST_DAY or draw.random() > 0.85:
        return
    feedback_id = dice.ident("feedback.feedback", "first")
    cases = draw.randint(10, 900)
    yield say(told, who, "office", "feedback/submit-feedback",
              {**ident, "feedback_id": feedback_id, "score": draw.choice((3, 4, 4, 5, 5)),
               "cases": cases, "materials_saved": cases * draw.randint(1, 3),
               "visits_saved": cases // 2, "effect": "核验由人工3日缩短为即时，群众少跑一次",
               "problems": draw.choice(PROBLEMS)})  # fmt: skip
    answered = after(told, draw.randint(2, 12))
    if answered <= LAST_DAY and draw.random() < 0.9:
        yield say(answered, asked.mounted.entry.owner, "office", "feedback/answer-feedback",
                  {"feedback_id": feedback_id, "answer": "已安排按周期更新并完善字段说明"})  # fmt: skip
        closed = after(answered, 2)
        if closed <= LAST_DAY:
            yield say(
                closed, who, "office", "feedback/close-feedback", {"feedback_id": feedback_id}
            )


def _body(asked: Asked) -> dict[str, Any]:
    return dict(asked.steps[0].body)


def _period_end(asked: Asked) -> date:
    return date.fromisoformat(_body(asked)["period_to"])


def corrections(granted: list[Asked], seed: int, scale: float) -> Iterator[Step]:
    """Yield correction cases: put right, declined, contested, late."""
    dice = Dice(seed, "corrections")
    for number in range(max(int(CORRECTIONS * scale), 3)):
        asked = dice.random.choice(granted)
        assert asked.granted_on is not None
        start = after(asked.granted_on, dice.random.randint(5, 30))
        if start < date(2025, 12, 10):
            yield from _correction(asked, f"{number}", start, seed)


def _correction(asked: Asked, name: str, start: date, seed: int) -> Iterator[Step]:
    dice = Dice(seed, f"correction/{name}")
    correction_id, draw = dice.ident("feedback.correction", name), dice.random
    ident, entry = {"correction_id": correction_id}, asked.mounted.entry
    say, owner, raiser = Speech(correction_id, dice), entry.owner, asked.requester
    records = draw.randint(1, 40)
    yield say(start, raiser, "clerk", "feedback/request-correction",
              {**ident, "entry_id": entry.entry_id, "raiser_id": org_id(raiser),
               "defect": draw.choice(("inaccurate", "incomplete", "outdated", "inconsistent")),
               "what": "办件核验时发现与申请人提交的证照不一致", "records": records,
               "items": [COLUMNS[entry.form][1][0]], **_citizen(name, seed),
               "record_hashes": [f"sha256:{hashlib.sha256(correction_id.encode()).hexdigest()}"]})  # fmt: skip
    yield say(
        start, owner, "office", "feedback/flag-records", {**ident, "note": "核实期间加注标识"}
    )
    late = draw.random() < 0.12
    done = after(start, draw.randint(12, 16) if late else draw.randint(3, 9))
    if done > LAST_DAY:
        return
    wrong = draw.random() < 0.75
    yield say(done, owner, "office", "feedback/verify-correction",
              {**ident, "verdict": "wrong" if wrong else "right", "finding": "已与业务系统原始档案比对"})  # fmt: skip
    if wrong:
        yield say(done, owner, "clerk", "feedback/correct-data",
                  {**ident, "records": records, "how": "在业务系统更正并随下一批次更新"})  # fmt: skip
    else:
        yield say(done, owner, "office", "feedback/decline-correction",
                  {**ident, "reason": "原始档案与共享数据一致，申请人证照已过期"})  # fmt: skip
    yield say(done, owner, "office", "feedback/return-correction-result",
              {**ident, "result": "已更正" if wrong else "数据无误，不予更正"})  # fmt: skip
    closed = after(done, 2)
    if closed <= LAST_DAY:
        contested = not wrong and draw.random() < 0.4
        yield say(closed, raiser, "clerk",
                  "feedback/contest-correction" if contested else "feedback/confirm-correction",
                  {**ident, "reason": "申请人可提供有效证照原件"} if contested else ident)  # fmt: skip


def _citizen(name: str, seed: int) -> dict[str, str]:
    """Return what a citizen stated who pointed out the mistake; every other case has one."""
    dice = Dice(seed, f"citizen/{name}")
    if dice.random.random() < 0.5:
        return {}
    return {
        "citizen_id": dice.ident("citizen", name),
        "contact": f"{display_name(dice)}，{telephone(f'citizen/{name}', seed)}",
        "statement": "本人持有的证照与系统查询结果不一致，请核实更正",
    }


def releases(entries: list[Planned], versions: Callable[[Planned, date], int]) -> Iterator[Step]:
    """Yield the quarterly releases; `versions` says which version of an entry is in force."""
    for number, day in enumerate(RELEASES, start=1):
        release_id = f"catalog.release:2025-{number}"
        standing = [e for e in entries if after(e.published_on, 15) < day]
        yield Step(
            at=moment(day, 400),
            lane=release_id,
            who=person(AUTHORITY, "reviewer"),
            path="catalog/compile-catalog-release",
            body={
                "release_id": release_id,
                "org_id": org_id(AUTHORITY),
                "title": f"云泽市政务数据目录2025年第{number}版",
                "entries": {e.entry_id: versions(e, day) for e in standing},
            },
        )
        yield Step(
            at=moment(day, 420),
            lane=release_id,
            who=person(AUTHORITY, "reviewer"),
            path="catalog/publish-catalog-release",
            body={"release_id": release_id, "document": f"云数发〔2025〕{number}号"},
        )


def audit() -> Iterator[Step]:
    """Yield the year's audit engagement: notice, access, findings, draft, answer, end."""
    ident = {"audit_id": "supervision.audit:2025-1"}
    who = person(AUDIT, "auditor")
    report = f"sha256:{hashlib.sha256('审计报告征求意见稿'.encode()).hexdigest()}"
    acts: tuple[tuple[date, str, str, dict[str, Any]], ...] = (
        (date(2025, 10, 13), who, "open-audit",
         {"auditor_id": org_id(AUDIT), "audited_id": org_id(AUTHORITY), "scope": {"kind": "all"},
          "purpose": "政务数据共享政策落实情况专项审计", "notice_number": "云审通〔2025〕18号",
          "team": [who]}),
        (date(2025, 10, 20), who, "grant-audit-access", {}),
        (date(2025, 10, 27), who, "record-replay-run",
         {"until_position": 1000, "purpose": "核对6月30日共享台账"}),
        (date(2025, 11, 3), who, "record-audit-finding",
         {"finding_key": "F-1", "severity": "substantial",
          "finding": "部分部门未在规定期限内答复共享申请", "about_id": org_id("market"),
          "evidence_positions": [1000]}),
        (date(2025, 11, 10), who, "serve-audit-draft", {"document_sha256": report}),
        (date(2025, 11, 17), person(AUTHORITY, "head"), "file-audit-response",
         {"response": "对所列问题认可，已督促相关部门整改"}),
        (date(2025, 11, 28), who, "close-audit", {"conclusion": "提出整改建议3条，已反馈"}),
    )  # fmt: skip
    for minute, (day, speaker, verb, body) in enumerate(acts):
        yield Step(
            at=moment(day, 60 + minute),
            lane=ident["audit_id"],
            who=speaker,
            path=f"supervision/{verb}",
            body={**ident, **body},
        )
