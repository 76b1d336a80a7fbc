"""提出申请 Requesting: drafted, approved inside, submitted, screened, received, supplemented.

Decree 809 §20; DOMAIN D-04 to D-07. A request is received when it reaches the hub.
"""

from datetime import datetime

from hub.actor import Actor
from hub.catalog.duties import authority_over
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareType
from hub.departments.calendar import local_day
from hub.departments.due import Due, Duty
from hub.departments.legal_basis import LegalBasis
from hub.departments.organization import Organization, require_sharing_unit
from hub.departments.ruleset import Policy, due, rules_of
from hub.errors import Conflict, Forbidden, Invalid
from hub.event import Basis, Event
from hub.sharing.commands import (
    ApproveSharingRequestInternally,
    DraftSharingRequest,
    ForwardSharingRequest,
    SubmitSharingRequest,
    SupplementSharingRequest,
    WithdrawSharingRequest,
)
from hub.sharing.events import (
    RequestApprovedInternally,
    RequestDrafted,
    RequestForwarded,
    RequestReceived,
    RequestSubmitted,
    RequestSupplemented,
    RequestWithdrawn,
)
from hub.sharing.granting import agreed
from hub.sharing.kinds import AgreedVia
from hub.sharing.kinds import RequestStatus as Status
from hub.sharing.request import SharingRequest, about
from hub.sharing.scope import (
    require_not_over,
    require_period,
    require_scope,
    require_shareable,
)
from hub.sharing.standing import StandingApproval
from hub.state import States


def draft(command: DraftSharingRequest, states: States, by: Actor, at: datetime) -> RequestDrafted:
    """Write down the five fields of §20 and the warranty of truth, legality and need."""
    if states.maybe(SharingRequest, command.request_id) is not None:
        raise Conflict(
            f"{command.request_id} exists already",
            f"{command.request_id}已存在",
            where="request_id",
        )
    if not command.warranted:
        raise Invalid(
            "warrant that what you state is true, lawful and needed (Decree 809 §20)",
            "须承诺申请内容真实、合法、必要(条例第二十条)",
            where="warranted",
        )
    basis = require_basis(states, command.basis.legal_basis_id, command.basis.article, at)
    entry = states.the(CatalogEntry, command.entry_id)
    wish = _wish(command, entry.provider_id, basis, by)
    require_grantable(wish, states, at)
    return RequestDrafted(
        at=at,
        by=by,
        basis=basis,
        request_id=command.request_id,
        entry_id=wish.entry_id,
        requester_id=wish.requester_id,
        provider_id=wish.provider_id,
        scenario=wish.scenario,
        items=wish.items,
        methods=wish.methods,
        period_from=wish.period_from,
        period_to=wish.period_to,
        system_id=wish.system_id,
        service_item=wish.service_item,
        calls_per_day_max=wish.calls_per_day_max,
        handler_id=command.handler_id or "",
        handler_name=command.handler_name,
        handler_phone=command.handler_phone,
    )


def _wish(
    command: DraftSharingRequest, provider_id: str, basis: Basis, by: Actor
) -> SharingRequest:
    return SharingRequest(
        entry_id=command.entry_id,
        requester_id=command.requester_id,
        provider_id=provider_id,
        status=Status.DRAFT,
        basis=basis,
        scenario=command.scenario,
        items=tuple(dict.fromkeys(command.items)),
        methods=tuple(dict.fromkeys(command.methods)),
        period_from=command.period_from,
        period_to=command.period_to,
        system_id=command.system_id,
        service_item=command.service_item,
        calls_per_day_max=command.calls_per_day_max,
        drafted_by=by.person_id,
    )


def approve_internally(
    command: ApproveSharingRequestInternally, states: States, by: Actor, at: datetime
) -> RequestApprovedInternally:
    """Consent as head of the requester's sharing office; nobody consents to his own draft."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.DRAFT)
    if by.person_id == request.drafted_by:
        raise Forbidden(
            f"{by.person_id} drafted this request; another head of the sharing office consents",
            f"{by.person_id}为申请起草人，须由他人审批",
        )
    return RequestApprovedInternally(**about(command.request_id, states, by, at))


def submit(
    command: SubmitSharingRequest, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Send the request out; where the authority does not screen, the provider has it at once."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.OK_INSIDE)
    require_sharing_unit(states.the(Organization, request.requester_id))
    require_basis(states, request.basis.legal_basis_id, request.basis.article, at)
    require_grantable(request, states, at)
    facts = about(command.request_id, states, by, at, follow=True)
    if rules_of(states).policy(Policy.SCREENING) == "off":
        return (RequestSubmitted(**facts), *_receive(command.request_id, states, by, at))
    screener = authority_over(states, request.requester_id)
    term = due(states, Duty.SCREEN, "D-07", screener, local_day(at), at)
    return (RequestSubmitted(**facts, due=term),)


def forward(
    command: ForwardSharingRequest, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Pass on a request of good form; the provider's clock starts with it (D-07)."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.SUBMITTED)
    require_no_party(request, states, by)
    if by.person_id in {request.drafted_by, request.approved_by}:
        raise Forbidden(
            f"{by.person_id} took part in this request; somebody else screens it",
            f"{by.person_id}参与了本申请，须由他人初审",
        )
    require_grantable(request, states, at)
    facts = about(command.request_id, states, by, at, follow=True)
    return (
        RequestForwarded(**facts, findings=command.findings),
        *_receive(command.request_id, states, by, at),
    )


def supplement(
    command: SupplementSharingRequest, states: States, by: Actor, at: datetime
) -> RequestSupplemented:
    """Answer what was missing; the reply term starts anew (D-06, by analogy with OGI §30)."""
    request = states.the(SharingRequest, command.request_id)
    request.require(Status.WAITING)
    ref = command.basis
    basis = require_basis(states, ref.legal_basis_id, ref.article, at) if ref else None
    facts = about(command.request_id, states, by, at, follow=True)
    event = RequestSupplemented(
        **facts,
        basis=basis,
        answers=command.answers,
        due=reply_due(states, request.share_type, facts["provider_id"], at),
        scenario=command.scenario,
        items=tuple(dict.fromkeys(command.items)),
        methods=tuple(dict.fromkeys(command.methods)),
        period_from=command.period_from,
        period_to=command.period_to,
        system_id=command.system_id or "",
        service_item=command.service_item,
    )
    require_grantable(request.supplemented(event), states, at)
    return event


def withdraw(
    command: WithdrawSharingRequest, states: States, by: Actor, at: datetime
) -> RequestWithdrawn:
    """Take a request back before it is answered."""
    request = states.the(SharingRequest, command.request_id)
    request.require(
        Status.DRAFT, Status.OK_INSIDE, Status.SUBMITTED, Status.REVIEWING, Status.WAITING
    )
    return RequestWithdrawn(**about(command.request_id, states, by, at), reason=command.reason)


def _receive(request_id: str, states: States, by: Actor, at: datetime) -> tuple[Event, ...]:
    """Start the provider's clock; where a standing approval is in force, agree at once (trap 6)."""
    request = states.the(SharingRequest, request_id)
    entry = states.the(CatalogEntry, request.entry_id)
    content = entry.in_force()
    facts = about(request_id, states, by, at, follow=True)
    received = RequestReceived(
        **facts,
        share_type=require_shareable(content),
        entry_version=entry.published_version,
        due=reply_due(states, content.share_type, entry.provider_id, at),
    )
    standing = states.maybe(StandingApproval, request.standing_id)
    unconditional = content.share_type is ShareType.UNCONDITIONAL
    if standing is None or not unconditional or not standing.binds(entry.provider_id):
        return (received,)
    approval = agreed(
        facts,
        states,
        request,
        via=AgreedVia.STANDING_APPROVAL,
        signed_by=standing.given_by,
        started_on=local_day(at),
    )
    return (received, *approval)


def reply_due(states: States, share_type: ShareType | None, provider_id: str, at: datetime) -> Due:
    """Return when the provider must reply: D-04 for unconditional entries, else D-05."""
    rule_id = "D-04" if share_type is ShareType.UNCONDITIONAL else "D-05"
    return due(states, Duty.REPLY, rule_id, provider_id, local_day(at), at)


def require_grantable(request: SharingRequest, states: States, at: datetime) -> None:
    """Refuse a request that nobody could agree to: wrong entry, parties, scope or period."""
    entry = states.the(CatalogEntry, request.entry_id)
    content = entry.in_force()
    require_shareable(content)
    if request.requester_id == entry.provider_id:
        raise Conflict(
            f"{request.requester_id} is the provider of “{content.title}” and needs no grant",
            f"{request.requester_id}即“{content.title}”的提供方，无需申请",
            where="entry_id",
        )
    require_scope(content, request.items, request.methods)
    require_period(content, request.period_from, request.period_to)
    require_not_over(request.period_to, local_day(at))


def require_basis(states: States, legal_basis_id: str, article: str, at: datetime) -> Basis:
    """Return the article somebody acts on; refuse one that is missing or not in force."""
    if not article:
        raise Invalid(
            "name the article of the legal basis", "须写明依据的具体条款", where="basis.article"
        )
    legal_basis = states.the(LegalBasis, legal_basis_id)
    if not legal_basis.in_force(local_day(at)):
        raise Invalid(
            f"“{legal_basis.title}” is not in force on {local_day(at)}",
            f"《{legal_basis.title}》在{local_day(at)}不具效力",
            where="basis.legal_basis_id",
        )
    return Basis(legal_basis_id, article)


def require_no_party(request: SharingRequest, states: States, by: Actor) -> None:
    """Refuse an authority that is itself requester or provider (separation of duty)."""
    provider_id = states.the(CatalogEntry, request.entry_id).provider_id
    if by.org_id in {request.requester_id, request.provider_id, provider_id}:
        raise Forbidden(
            f"{by.org_id} is a party to this request; its superior or named deputy decides",
            f"{by.org_id}为本申请当事方，应由上级主管部门或代行机构办理",
        )
