"""年报指标来源 Which event makes which facts, chapter by chapter.

Facts that describe a state come in families whose last one on a day says what is so: an entry is
in force (`entry.on`) until withdrawn (`entry.off`), and likewise organisations, officers,
resources and grants. Where a fact has two numbers, `value` is the smaller or first of them:
calls that succeeded out of all calls, rows with their bytes.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import msgspec

from hub.catalog import events as c
from hub.catalog.content import EntryContent
from hub.convergence import events as v
from hub.departments import events as d
from hub.departments.calendar import local_day
from hub.event import Event
from hub.feedback import events as f
from hub.sharing import events as s
from hub.sharing import grant_events as g


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as `FactRow` tells it; `day` only where it is not the day of the event."""

    fact: str
    department_id: str
    case_id: str
    partner_id: str = ""
    subject_id: str = ""
    part: str = ""
    label: str = ""
    value: int = 1
    out_of: int = 1
    due_on: date | None = None
    day: date | None = None


def day_of(event: Event) -> date:
    """Return the day in China an event counts on."""
    return local_day(event.at)


def _of_org(event: d.OrganizationEvent, fact: str, **more: Any) -> Fact:
    return Fact(fact=fact, department_id=event.org_id, case_id=event.org_id, **more)


def _officer(event: d.OfficerAppointed | d.OfficerRelieved) -> Iterable[Fact]:
    on = isinstance(event, d.OfficerAppointed)
    yield Fact(
        fact="officer.on" if on else "officer.off",
        department_id=event.org_id,
        case_id=f"{event.org_id}|{event.person_id}|{event.role}",
        part=event.role,
        label=event.person_id,
    )


def _basis(event: d.LegalBasisRegistered) -> Iterable[Fact]:
    yield Fact(
        fact="basis.named",
        department_id="",
        case_id=event.legal_basis_id,
        label=event.title,
    )


def _of_entry(event: c.EntryEvent, fact: str, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        case_id=event.entry_id,
        subject_id=event.entry_id,
        **more,
    )


def _class_and_grade(content: EntryContent) -> str:
    share = content.share_type.code if content.share_type else "?"
    return f"{share}|{content.grade or '?'}"


def _published(event: c.CatalogEntryPublished) -> Iterable[Fact]:
    content = event.content
    part = _class_and_grade(content)
    yield _of_entry(event, "entry.on", part=part, label=content.title)
    change = "entry.new" if event.version == 1 else "entry.changed"
    yield _of_entry(event, change, part=part, label=content.title)
    yield from _ground(event, content)


def _ground(event: c.EntryEvent, content: EntryContent) -> Iterable[Fact]:
    """Yield why an entry is not shared: the annex of class 3 (§14)."""
    ground = content.not_shared
    if ground is not None:
        cited = f"{ground.legal_basis_id}|{ground.article}"
        yield _of_entry(event, "entry.ground", part=cited, label=ground.reason)


def _handed_over(event: c.CatalogEntryHandedOver) -> Iterable[Fact]:
    if event.content is not None:
        yield Fact(
            fact="entry.on",
            department_id=event.receiver_id,
            case_id=event.entry_id,
            subject_id=event.entry_id,
            part=_class_and_grade(event.content),
            label=event.content.title,
        )


def _withdrawn(event: c.CatalogEntryWithdrawn) -> Iterable[Fact]:
    # A draft that never was in force is no entry of the catalogue.
    if event.version:
        yield _of_entry(event, "entry.off")


def _released(event: c.CatalogReleasePublished) -> Iterable[Fact]:
    yield Fact(
        fact="release.published",
        department_id=event.org_id,
        case_id=event.release_id,
        label=event.number,
    )


def _of_resource(event: v.ResourceEvent, fact: str, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        case_id=event.resource_id,
        subject_id=event.entry_id,
        **more,
    )


def _of_batch(event: v.BatchEvent, fact: str, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        case_id=event.batch_id,
        subject_id=event.entry_id,
        **more,
    )


def _verified(event: v.BatchVerified) -> Iterable[Fact]:
    for check in event.checks:
        passed = check.checked - check.failed
        yield _of_batch(event, "quality.check", part=check.rule, value=passed, out_of=check.checked)


def _of_request(event: s.RequestEvent, fact: str, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        partner_id=event.requester_id,
        case_id=event.request_id,
        subject_id=event.entry_id,
        **more,
    )


def _of_grant(event: g.GrantEvent | g.UsageEvent, fact: str, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        partner_id=event.requester_id,
        case_id=event.grant_id,
        subject_id=event.entry_id,
        **more,
    )


def _issued(event: g.GrantIssued) -> Iterable[Fact]:
    yield _of_grant(event, "grant.on", part="+".join(sorted(event.methods)))
    if event.service_item:
        yield _of_grant(event, "service.item", label=event.service_item)


def _used(event: g.UsageRecorded) -> Iterable[Fact]:
    day = event.day
    yield _of_grant(event, "usage.calls", value=event.ok, out_of=event.calls, day=day)
    yield _of_grant(event, "usage.rows", value=event.rows, out_of=event.bytes, day=day)


def _of_feedback(event: f.FeedbackSubmitted, fact: str, value: int, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        partner_id=event.requester_id,
        case_id=event.feedback_id,
        subject_id=event.entry_id,
        value=value,
        **more,
    )


def _feedback(event: f.FeedbackSubmitted) -> Iterable[Fact]:
    yield _of_feedback(event, "feedback.given", event.score, part=str(event.score))
    yield _of_feedback(event, "feedback.cases", event.cases)
    yield _of_feedback(event, "feedback.materials", event.materials_saved)
    yield _of_feedback(event, "feedback.visits", event.visits_saved)
    if event.problems:
        yield _of_feedback(event, "feedback.problem", 1, label=event.problems)


def _of_case(event: f.CorrectionEvent, fact: str, **more: Any) -> Fact:
    return Fact(
        fact=fact,
        department_id=event.provider_id,
        partner_id=event.raiser_id,
        case_id=event.correction_id,
        subject_id=event.entry_id,
        **more,
    )


Source = Callable[[Any], Iterable[Fact]]
SOURCES: dict[type[Event], Source] = {
    d.OrganizationRegistered: lambda e: [_of_org(e, "org.on", part=e.kind, label=e.name)],
    d.OrganizationRenamed: lambda e: [_of_org(e, "org.renamed", label=e.name)],
    d.OrganizationMerged: lambda e: [_of_org(e, "org.off")],
    d.OrganizationDeactivated: lambda e: [_of_org(e, "org.off")],
    d.SharingUnitDesignated: lambda e: [_of_org(e, "org.sharing_unit", label=e.unit)],
    d.OfficerAppointed: _officer,
    d.OfficerRelieved: _officer,
    d.LegalBasisRegistered: _basis,
    c.CatalogEntryPublished: _published,
    c.CatalogEntryHandedOver: _handed_over,
    c.CatalogEntryWithdrawn: _withdrawn,
    c.CatalogEntryReturned: lambda e: [_of_entry(e, "review.returned", label=e.reason)],
    c.CatalogUpdateDutyRaised: lambda e: [_of_entry(e, "update.raised", label=e.cause)],
    c.CatalogUpdateExtended: lambda e: [_of_entry(e, "update.extended", value=e.days)],
    c.CatalogReleasePublished: _released,
    v.ResourceMounted: lambda e: [_of_resource(e, "resource.mounted", part=e.kind)],
    v.ResourceActivated: lambda e: [_of_resource(e, "resource.on")],
    v.ResourceResumed: lambda e: [_of_resource(e, "resource.on")],
    v.ResourceSuspended: lambda e: [_of_resource(e, "resource.off")],
    v.ResourceUnmounted: lambda e: [_of_resource(e, "resource.off")],
    v.DataPublished: lambda e: [_of_resource(e, "data.rows", value=e.rows, out_of=e.bytes)],
    v.FreshnessBreached: lambda e: [_of_resource(e, "freshness.breached", label=e.period)],
    v.BatchReceived: lambda e: [_of_batch(e, "batch.received", value=e.rows)],
    v.BatchVerified: _verified,
    v.BatchAccepted: lambda e: [_of_batch(e, "batch.accepted")],
    v.BatchRejected: lambda e: [_of_batch(e, "batch.rejected", label=e.reason)],
    s.RequestReceived: lambda e: [_of_request(e, "request.received", part=e.share_type.code)],
    s.SupplementRequested: lambda e: [_of_request(e, "request.supplement")],
    s.ReplyExtensionGranted: lambda e: [_of_request(e, "request.extended", value=e.days)],
    s.RequestAgreed: lambda e: [_of_request(e, "request.agreed", part=e.via, value=e.took_days)],
    s.RequestDeclined: lambda e: [
        _of_request(e, "request.declined", part=e.reason_code, value=e.took_days)
    ],
    s.RequestWithdrawn: lambda e: [_of_request(e, "request.withdrawn")],
    s.RequestFulfilled: lambda e: [
        _of_request(e, "request.fulfilled", part=e.via, value=e.took_days)
    ],
    g.GrantIssued: _issued,
    g.GrantSuspended: lambda e: [_of_grant(e, "grant.suspended", part=e.reason_code)],
    g.GrantTerminated: lambda e: [_of_grant(e, "grant.off", part="terminated")],
    g.GrantExpired: lambda e: [_of_grant(e, "grant.off", part="expired")],
    g.GrantEnded: lambda e: [_of_grant(e, "grant.off", part="ended")],
    g.UsageRecorded: _used,
    g.ServiceItemLinked: lambda e: [_of_grant(e, "service.item", label=e.service_item)],
    f.FeedbackSubmitted: _feedback,
    f.CorrectionRequested: lambda e: [
        _of_case(e, "correction.raised", part=e.defect, value=e.records)
    ],
    f.CorrectionReturned: lambda e: [_of_case(e, "correction.passed_on")],
    f.DataCorrected: lambda e: [_of_case(e, "correction.corrected", value=e.records)],
    f.CorrectionDeclined: lambda e: [_of_case(e, "correction.declined")],
    f.CorrectionResultReturned: lambda e: [_of_case(e, "correction.answered", value=e.took_days)],
    f.CorrectionConfirmed: lambda e: [_of_case(e, "correction.confirmed")],
    f.CorrectionContested: lambda e: [_of_case(e, "correction.contested")],
}
"""Which event makes which facts; clocks come on top (`annual_clocks.py`)."""
