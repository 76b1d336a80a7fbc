"""答复 Replying: one supplement round, one extension, one answer (Decree 809 §21)."""

from datetime import datetime
from typing import Any

from hub.actor import Actor
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareType
from hub.departments.calendar import calendars_at, local_day, working_days_between
from hub.departments.due import Due, Duty
from hub.departments.legal_basis import LegalBasis
from hub.departments.ruleset import DeadlineRule, due, rules_of
from hub.errors import Conflict, Forbidden, Invalid
from hub.event import Event
from hub.sharing.commands import (
    AgreeSharingRequest,
    AskReplyExtension,
    AskSharingRequestSupplement,
    CountersignSharingRequest,
    DeclineSharingRequest,
    GrantReplyExtension,
    RefuseReplyExtension,
)
from hub.sharing.events import (
    ReplyExtensionGranted,
    ReplyExtensionRefused,
    ReplyExtensionRequested,
    RequestCountersigned,
    RequestDeclined,
    SupplementRequested,
)
from hub.sharing.granting import agreed
from hub.sharing.kinds import AgreedVia, DeclineReason, ExtensionStatus
from hub.sharing.kinds import RequestStatus as Status
from hub.sharing.request import SharingRequest, about
from hub.sharing.requesting import require_basis, require_grantable, require_no_party
from hub.sharing.scope import is_important, require_conditions
from hub.state import States

_WHATEVER_THE_CLASS = frozenset(
    {DeclineReason.NOT_FOR_DUTY, DeclineReason.ENTRY_CHANGED, DeclineReason.PERIOD_OVER}
)
"""Reasons that do not contradict an unconditional entry, which is for all departments (§14)."""


def ask_supplement(
    command: AskSharingRequestSupplement, states: States, by: Actor, at: datetime
) -> SupplementRequested:
    """Tell everything that is missing, once and inside the reply term (D-06, trap 4)."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.REVIEWING)
    if request.supplement_asked:
        raise Conflict(
            "a supplement was asked for already; everything missing is told once, so agree or"
            " decline on the merits (Decree 809 §21)",
            "已要求补正一次，须一次性告知，请依实质内容答复(条例第二十一条)",
            where="request_id",
        )
    _require_running(request, at)
    facts = about(command.request_id, states, by, at, follow=True)
    return SupplementRequested(**facts, missing=command.missing)


def ask_extension(
    command: AskReplyExtension, states: States, by: Actor, at: datetime
) -> ReplyExtensionRequested:
    """Ask the authority for more time, before the term ends; once, never for D-04."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.REVIEWING)
    if request.extension in {ExtensionStatus.ASKED, ExtensionStatus.GRANTED}:
        raise Conflict(
            f"an extension was {request.extension} already; there is one at most",
            "已申请或已获准延期，延期仅限一次",
            where="request_id",
        )
    running = _require_running(request, at)
    _require_days(_rule(states, running), command.days)
    facts = about(command.request_id, states, by, at, follow=True)
    return ReplyExtensionRequested(**facts, days=command.days, reason=command.reason)


def grant_extension(
    command: GrantReplyExtension, states: States, by: Actor, at: datetime
) -> ReplyExtensionGranted:
    """Consent and tell the requester, both before the term ends: a late one cures nothing (trap 3).

    The hub delivers `notice` with the event itself: it stands on the requester's board at once.
    """
    request = states.the(SharingRequest, command.request_id)
    running = _require_asked(request, states, by, at)
    if not command.notice:
        raise Invalid(
            "the requester must be told of the extension: write the notice (Decree 809 §21)",
            "延期须告知需求部门，请填写告知内容(条例第二十一条)",
            where="notice",
        )
    if command.days > request.extension_days:
        raise Invalid(
            f"the provider asked for {request.extension_days} working days, not {command.days}",
            f"提供方申请延期{request.extension_days}个工作日，不是{command.days}个",
            where="days",
        )
    rule = _rule(states, running)
    _require_days(rule, command.days)
    later = due(
        states,
        Duty.REPLY,
        running.rule,
        running.owner_id,
        running.started_on,
        at,
        days=rule.term + command.days,
    )
    facts = about(command.request_id, states, by, at, follow=True)
    return ReplyExtensionGranted(**facts, days=command.days, notice=command.notice, due=later)


def refuse_extension(
    command: RefuseReplyExtension, states: States, by: Actor, at: datetime
) -> ReplyExtensionRefused:
    """Do not consent; the term runs on."""
    request = states.the(SharingRequest, command.request_id)
    _require_asked(request, states, by, at, late=True)
    facts = about(command.request_id, states, by, at, follow=True)
    return ReplyExtensionRefused(**facts, reason=command.reason)


def countersign(
    command: CountersignSharingRequest, states: States, by: Actor, at: datetime
) -> RequestCountersigned:
    """Approve as head of the department: important data is shared on two approvals."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.REVIEWING)
    content = states.the(CatalogEntry, request.entry_id).in_force()
    if not is_important(content, request.items) or request.countersigned_by:
        raise Conflict(
            "this request needs no further approval of the head of the department",
            "该申请无需部门负责人再行审批",
            where="request_id",
        )
    return RequestCountersigned(**about(command.request_id, states, by, at, follow=True))


def agree(
    command: AgreeSharingRequest, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Agree on no more conditions than the entry states (§15, P2); the grant is issued with it."""
    request, facts, started = _answerable(command.request_id, states, by, at)
    content = states.the(CatalogEntry, request.entry_id).in_force()
    require_grantable(request, states, at)
    require_conditions(content, command.conditions)
    if is_important(content, request.items):
        _require_two(request, by)
    return agreed(
        facts,
        states,
        request,
        via=AgreedVia.REVIEW,
        signed_by=by.person_id,
        started_on=started.started_on,
        conditions=command.conditions,
        disposal_days=command.disposal_days,
    )


def decline(
    command: DeclineSharingRequest, states: States, by: Actor, at: datetime
) -> RequestDeclined:
    """Decline for a reason that is true and a basis in force; never for incomplete papers."""
    request, facts, started = _answerable(command.request_id, states, by, at)
    basis = require_basis(states, command.basis.legal_basis_id, command.basis.article, at)
    _require_reason(command, request, states, at)
    calendars = calendars_at(states, at)
    return RequestDeclined(
        **facts,
        basis=basis,
        reason_code=command.reason_code,
        reason=command.reason,
        took_days=working_days_between(started.started_on, local_day(at), calendars),
    )


def _require_reason(
    command: DeclineSharingRequest, request: SharingRequest, states: States, at: datetime
) -> None:
    code = command.reason_code
    if code is DeclineReason.INCOMPLETE_PAPERS:
        raise Invalid(
            "incomplete papers are no reason to decline: ask once for everything that is missing"
            " (Decree 809 §21)",
            "不得以材料不全为由拒绝，应一次性告知补正(条例第二十一条)",
            where="reason_code",
        )
    if request.share_type is ShareType.UNCONDITIONAL and code not in _WHATEVER_THE_CLASS:
        raise Invalid(
            f"the entry is shared with all departments; “{code}” would make a condition of it"
            " (Decree 809 §14, §15)",
            f"该目录为无条件共享，不得以“{code}”为由拒绝(条例第十四条、第十五条)",
            where="reason_code",
        )
    entry = states.the(CatalogEntry, request.entry_id)
    same = entry.published is not None and entry.published_version == request.entry_version
    if code is DeclineReason.ENTRY_CHANGED and same:
        raise Invalid(
            "the entry is the same as when the request was received",
            "目录自收到申请以来未变更",
            where="reason_code",
        )
    if code is DeclineReason.PERIOD_OVER and request.period_to >= local_day(at):
        raise Invalid(
            f"the period asked for runs to {request.period_to}",
            f"申请的使用期限至{request.period_to}，尚未届满",
            where="reason_code",
        )
    legal_basis = states.the(LegalBasis, command.basis.legal_basis_id)
    if code is DeclineReason.LAW_FORBIDS and not legal_basis.may_forbid(local_day(at)):
        raise Invalid(
            f"“{legal_basis.title}” cannot forbid sharing: only a law, an administrative regulation"
            " or a State Council decision can (Decree 809 §14)",
            f"《{legal_basis.title}》不能作为不予共享的依据(条例第十四条)",
            where="basis.legal_basis_id",
        )


def _require_two(request: SharingRequest, by: Actor) -> None:
    if not request.countersigned_by:
        raise Conflict(
            "important data is shared on two approvals: the head of the department countersigns"
            " first",
            "重要数据须双重审批：请先由部门负责人审批",
            where="request_id",
        )
    if request.countersigned_by == by.person_id:
        raise Forbidden(
            f"{by.person_id} countersigned; the second approval is somebody else's",
            f"{by.person_id}已审批，须由他人作出第二道审批",
        )


def _answerable(
    request_id: str, states: States, by: Actor, at: datetime
) -> tuple[SharingRequest, dict[str, Any], Due]:
    """Return the request under review, what its events say, and its reply clock."""
    request = states.the(SharingRequest, request_id)
    request.require(Status.REVIEWING)
    if by.person_id in {request.drafted_by, request.approved_by}:
        raise Forbidden(
            f"{by.person_id} took part in this request; somebody else answers it",
            f"{by.person_id}参与了本申请，须由他人答复",
        )
    return request, about(request_id, states, by, at, follow=True), _reply_due(request)


def _require_asked(
    request: SharingRequest, states: States, by: Actor, at: datetime, *, late: bool = False
) -> Due:
    request.require(Status.REVIEWING)
    require_no_party(request, states, by)
    if request.extension is not ExtensionStatus.ASKED:
        raise Conflict(
            "the provider has not asked for an extension that is still open",
            "没有待审批的延期申请",
            where="request_id",
        )
    return _reply_due(request) if late else _require_running(request, at)


def _require_running(request: SharingRequest, at: datetime) -> Due:
    """Return the reply clock; refuse once it has run out on a final date."""
    running = _reply_due(request)
    if not running.provisional and at >= running.ends_at:
        raise Conflict(
            f"the reply term ended on {running.on}; what comes late cures nothing, so answer now",
            f"答复期限已于{running.on}届满，逾期补救无效，请立即答复",
            where="request_id",
        )
    return running


def _reply_due(request: SharingRequest) -> Due:
    if request.reply_due is None:
        msg = "a request under review always has a reply clock"
        raise ValueError(msg)
    return request.reply_due


def _rule(states: States, running: Due) -> DeadlineRule:
    return rules_of(states).in_force(running.rule, running.started_on)


def _require_days(rule: DeadlineRule, days: int) -> None:
    if days > rule.extension:
        raise Invalid(
            f"the reply term can be extended by at most {rule.extension} working days"
            f" ({rule.source})",
            f"答复期限最多延长{rule.extension}个工作日({rule.source})",
            where="days",
        )
