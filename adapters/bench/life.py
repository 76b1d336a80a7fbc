"""A year in the life of one catalogue entry, as events, for the benches.

The entry is drafted and published, its table is mounted and filled, two departments ask for it,
use it and say how it served, one finds a fault. `lives` tells many of them at once.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.actor import Actor, Role, Via
from hub.catalog import events as c
from hub.catalog.content import EntryContent, Item
from hub.catalog.kinds import FormatClass, ItemType, ShareMethod, ShareType, UpdateCycle
from hub.convergence import events as v
from hub.convergence.kinds import CheckRule
from hub.departments.due import Due, Duty
from hub.event import Event
from hub.feedback import events as f
from hub.feedback.kinds import Defect, Verdict
from hub.sharing import events as s
from hub.sharing import grant_events as g
from hub.sharing.kinds import AgreedVia, FulfilledVia

MARK = "00LIFE00"
"""Stands in every id in the place of the life's number."""
BATCHES, USES = 3, 4
_START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
OWNER_MARK, ASKER_MARK = "00OWN", "00ASK"
_OWNER = f"departments.organization:{OWNER_MARK}"
_ASKER = f"departments.organization:{ASKER_MARK}"
_CITY = "departments.organization:city"
_ENTRY = f"catalog.entry:{MARK}"
_TABLE = f"convergence.resource:{MARK}"
_SHA = "sha256:" + "5c" * 32


def life() -> list[Event]:
    """Return the events of one life, in order, with marks in the place of numbers."""
    told = [*_entry(), *_resource(), *_batch(0, 8)]
    for number in range(2):
        told += _request(number, 10 + number)
    for number in range(1, BATCHES):
        told += _batch(number, 40 * number)
    told += _correction()
    return told


def _said(org_id: str, person: str, role: Role, **ids: str) -> dict[str, Any]:
    """Return what every event of a case says: who, and of what."""
    return {"by": Actor(org_id, person, role, Via.API), **ids}


def _at(days: float) -> datetime:
    return _START + timedelta(days=days)


def _due(duty: Duty, rule: str, owner_id: str, start: float, days: int) -> Due:
    ends_at = _at(start + days)
    return Due(
        duty=duty,
        rule=rule,
        owner_id=owner_id,
        started_on=_at(start).date(),
        on=ends_at.date(),
        ends_at=ends_at,
        rule_version=1,
        calendars=("2026/1",),
    )


def _content() -> EntryContent:
    words = ("居住证编号", "公民身份号码", "签发日期", "有效期至", "居住地址", "签发机关")
    return EntryContent(
        title=f"居住证信息{MARK}",
        class_code="306",
        catalog_code=f"3070000/{MARK}",
        abstract="居住证签发、延期、注销情况，用于人口服务管理和公共服务事项办理中的身份核验。",
        format_class=FormatClass.DATABASE,
        format="postgresql",
        items=tuple(Item(name=word, data_type=ItemType.CHARACTER, length=40) for word in words),
        share_type=ShareType.CONDITIONAL,
        share_methods=(ShareMethod.TABLE,),
        update_cycle=UpdateCycle.MONTHLY,
        region_code="330100",
    )


def _entry() -> list[Event]:
    ids = {"entry_id": _ENTRY, "provider_id": _OWNER}
    own = _said(_OWNER, "li.na", Role.CATALOGUER, **ids)
    head = _said(_OWNER, "wu.di", Role.SHARING_HEAD, **ids)
    city = _said(_CITY, "wang", Role.AUTHORITY_REVIEWER, **ids)
    review = _due(Duty.REVIEW, "D-03a", _CITY, 2, 7)
    return [
        c.CatalogEntryDrafted(at=_at(0), content=_content(), **own),
        c.CatalogEntryChecked(at=_at(0), standard="2025", errors=0, **own),
        c.CatalogEntryApprovedInternally(at=_at(1), **head),
        c.CatalogEntrySubmitted(at=_at(2), due=review, **head),
        c.CatalogEntryApproved(at=_at(4), **city),
        c.CatalogEntryPublished(at=_at(4), version=1, content=_content(), **city),
    ]


def _resource() -> list[Event]:
    ids = {"resource_id": _TABLE, "entry_id": _ENTRY, "provider_id": _OWNER}
    base = _said(_OWNER, "li.na", Role.CATALOGUER, **ids)
    items = _content().item_names
    mounted = v.ResourceMounted(
        at=_at(5),
        kind=ShareMethod.TABLE,
        title="居住证表",
        locator="pg://pools/residence",
        items=items,
        **base,
    )
    refresh = _due(Duty.REFRESH, "cycle", _OWNER, 6, 35)
    return [
        mounted,
        v.ResourceTested(at=_at(5), ok=True, **base),
        v.ResourceActivated(at=_at(6), expects="2026-01", due=refresh, **base),
    ]


def _batch(number: int, day: float) -> list[Event]:
    ids = {"resource_id": _TABLE, "entry_id": _ENTRY, "provider_id": _OWNER}
    ids["batch_id"] = f"convergence.batch:{MARK}-{number}"
    base = _said(_OWNER, "adapter", Role.ADAPTER, **ids)
    base["at"] = _at(day)
    period = f"2026-{number + 1:02}"
    said: dict[str, Any] = {"rows": 12_000, "sha256": _SHA, "period": period, "bytes": 1_234_567}
    due = _due(Duty.REFRESH, "cycle", _OWNER, day, 35)
    verified = v.BatchVerified(
        standard_version="1", checks=(v.Check(CheckRule.TYPE, 72_000, 0),), **base
    )
    published = v.DataPublished(
        data_version=number + 1,
        timely=True,
        expects=f"2026-{number + 2:02}",
        due=due,
        **said,
        **base,
    )
    return [
        v.BatchDelivered(
            file_name="居住证.csv", content_type="text/csv", standard_version="1", **said, **base
        ),
        v.BatchReceived(standard_version="1", **said, **base),
        verified,
        v.BatchAccepted(**base),
        v.BatchPublished(data_version=number + 1, **base),
        published,
    ]


def _request(number: int, day: float) -> list[Event]:
    ids = {
        "request_id": f"sharing.request:{MARK}-{number}",
        "entry_id": _ENTRY,
        "requester_id": _ASKER,
        "provider_id": _OWNER,
    }
    owner = _said(_OWNER, "zhou.jie", Role.DEPARTMENT_HEAD, **ids)
    agreed = s.RequestAgreed(
        at=_at(day + 6),
        grant_id=f"sharing.grant:{MARK}-{number}",
        via=AgreedVia.REVIEW,
        signed_by="zhou.jie",
        took_days=4,
        due=_due(Duty.PROVIDE, "D-08", _OWNER, day + 6, 28),
        **owner,
    )
    fulfilled = s.RequestFulfilled(
        at=_at(day + 9), via=FulfilledVia.DELIVERY, resource_id=_TABLE, took_days=3, **owner
    )
    granted = {
        **ids,
        "grant_id": f"sharing.grant:{MARK}-{number}",
        "correlation_id": ids["request_id"],
    }
    return [
        *_asked(day, ids),
        agreed,
        *_grant(number, day, granted),
        fulfilled,
        *_feedback(number, day, granted),
    ]


def _asked(day: float, ids: dict[str, str]) -> list[Event]:
    asker = _said(_ASKER, "zhao.min", Role.BUSINESS_USER, **ids)
    owner = _said(_OWNER, "zhou.jie", Role.DEPARTMENT_HEAD, **ids)
    reply = _due(Duty.REPLY, "D-05", _OWNER, day + 2, 14)
    drafted = s.RequestDrafted(
        at=_at(day),
        scenario="为办理灵活就业人员参保登记，需核验申请人的居住证状态与有效期",
        items=_content().item_names[:4],
        methods=(ShareMethod.TABLE,),
        period_from=date(2026, 1, 20),
        period_to=date(2026, 12, 31),
        system_id="system:social",
        **asker,
    )
    return [
        drafted,
        s.RequestApprovedInternally(at=_at(day + 1), **asker),
        s.RequestSubmitted(at=_at(day + 2), **asker),
        s.RequestReceived(
            at=_at(day + 2), share_type=ShareType.CONDITIONAL, entry_version=1, due=reply, **owner
        ),
    ]


def _grant(number: int, day: float, ids: dict[str, str]) -> list[Event]:
    owner = _said(_OWNER, "zhou.jie", Role.DEPARTMENT_HEAD, **ids)
    used = _said(_ASKER, "adapter", Role.ADAPTER, **ids)
    issued = g.GrantIssued(
        at=_at(day + 6),
        items=_content().item_names[:4],
        methods=(ShareMethod.TABLE,),
        systems=("system:social",),
        valid_from=date(2026, 1, 20),
        valid_to=date(2026, 12, 31),
        due=_due(Duty.GRANT_END, "grant", _ASKER, day + 6, 340),
        **owner,
    )
    told: list[Event] = [issued, g.GrantActivated(at=_at(day + 9), **owner)]
    told += [
        g.UsageRecorded(
            at=_at(day + 10 + use),
            usage_id=f"sharing.usage:{MARK}-{number}",
            day=_at(day + 10 + use).date(),
            sequence=use + 1,
            calls=120,
            rows=118,
            bytes=40_960,
            ok=118,
            failed=2,
            systems=("system:social",),
            items=_content().item_names[:2],
            log_hash=_SHA,
            due=_due(Duty.FEEDBACK, "D-14", _ASKER, day + 10, 60) if use == 0 else None,
            **used,
        )
        for use in range(USES)
    ]
    return told


def _feedback(number: int, day: float, ids: dict[str, str]) -> list[Event]:
    ids = {**ids, "feedback_id": f"feedback.feedback:{MARK}-{number}"}
    asker = _said(_ASKER, "zhao.min", Role.BUSINESS_USER, **ids)
    owner = _said(_OWNER, "li.na", Role.CATALOGUER, **ids)
    submitted = f.FeedbackSubmitted(
        at=_at(day + 40),
        score=5,
        cases=300,
        materials_saved=600,
        visits_saved=300,
        effect="群众不再重复提交居住证复印件",
        due=_due(Duty.ANSWER_FEEDBACK, "D-15", _OWNER, day + 40, 14),
        **asker,
    )
    return [
        submitted,
        f.FeedbackAnswered(at=_at(day + 44), answer="已收到，感谢反馈", **owner),
        f.FeedbackClosed(at=_at(day + 45), **asker),
    ]


def _correction() -> list[Event]:
    ids = {
        "correction_id": f"feedback.correction:{MARK}",
        "entry_id": _ENTRY,
        "raiser_id": _ASKER,
        "provider_id": _OWNER,
    }
    asker = _said(_ASKER, "zhao.min", Role.BUSINESS_USER, **ids)
    owner = _said(_OWNER, "li.na", Role.CATALOGUER, **ids)
    requested = f.CorrectionRequested(
        at=_at(50),
        defect=Defect.OUTDATED,
        what="有效期与窗口核验结果不一致",
        items=_content().item_names[3:4],
        records=3,
        **asker,
    )
    due = _due(Duty.CORRECT, "D-09", _OWNER, 50, 14)
    return [
        requested,
        f.CorrectionReceived(at=_at(50), due=due, **owner),
        f.CorrectionVerified(at=_at(54), verdict=Verdict.WRONG, finding="签发系统未同步", **owner),
        f.DataCorrected(at=_at(55), records=3, how="补报批次", **owner),
        f.CorrectionResultReturned(
            at=_at(56), result="已更正", corrected=True, took_days=4, **owner
        ),
        f.CorrectionConfirmed(at=_at(57), **asker),
    ]
