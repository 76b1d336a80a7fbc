"""数据资源 Resource: the table, file or interface behind an entry; mounted, serving, ended.

Decree 809 §22 (three ways of sharing), §27 and §39: a running service is not ended or changed at
will; ending it is notified, negotiated with each grantee and filed with the authority.
"""

from datetime import date, datetime
from typing import Any, assert_never

import msgspec

from hub.actor import Actor, Role
from hub.catalog.content import EntryContent
from hub.catalog.entry import CatalogEntry
from hub.catalog.kinds import ShareMethod, ShareType
from hub.convergence.commands import ChangeResource, MountResource, TestResource
from hub.convergence.events import (
    DataPublished,
    FreshnessBreached,
    ResourceActivated,
    ResourceChanged,
    ResourceEvents,
    ResourceMounted,
    ResourceResumed,
    ResourceSuspended,
    ResourceTerminationFiled,
    ResourceTerminationNegotiated,
    ResourceTerminationNotified,
    ResourceTested,
    ResourceUnmounted,
)
from hub.convergence.kinds import ResourceStatus as Status
from hub.convergence.period import read_period
from hub.departments.calendar import local_day
from hub.departments.due import Due
from hub.errors import Conflict, Invalid
from hub.state import State, States, begun
from hub.term import zh


class Resource(State, frozen=True, kw_only=True):
    """A resource as it stands.

    `expects` and `refresh` are the period whose data is awaited and its clock, `ahead` later
    periods that are published already; `last_period` is that of the newest publication.
    `negotiated` maps a grant to whether its end was agreed.
    """

    STREAM = "convergence.resource"

    entry_id: str
    provider_id: str
    kind: ShareMethod
    title: str
    locator: str
    items: tuple[str, ...]
    status: Status = Status.MOUNTED
    data_version: int = 0
    last_period: str = ""
    last_batch_id: str = ""
    last_published_at: datetime | None = None
    expects: str = ""
    refresh: Due | None = None
    ahead: frozenset[str] = frozenset()
    suspended_by_authority: bool = False
    ends_on: date | None = None
    filed: bool = False
    negotiated: dict[str, bool] = msgspec.field(default_factory=dict)

    @property
    def serving(self) -> bool:
        """Say whether the resource serves: active, or ending but not ended."""
        return self.status in {Status.ACTIVE, Status.ENDING}


def evolve(state: Resource | None, event: ResourceEvents) -> Resource:
    """Fold a resource's events."""
    if isinstance(event, ResourceMounted):
        return _mounted(event)
    state = begun(state, event)
    change = msgspec.structs.replace
    state = change(state, provider_id=event.provider_id)
    match event:
        case ResourceTested():
            tested = event.ok and state.status is Status.MOUNTED
            return change(state, status=Status.TESTED) if tested else state
        case ResourceActivated() | ResourceResumed():
            active = change(state, status=Status.ACTIVE, suspended_by_authority=False)
            return _expecting(active, event.expects, event.due)
        case ResourceChanged():
            return change(state, title=event.title, locator=event.locator, items=event.items)
        case ResourceSuspended():
            ordered = event.by.role is not Role.SHARING_HEAD
            return change(
                state, status=Status.SUSPENDED, suspended_by_authority=ordered, refresh=None
            )
        case ResourceTerminationNotified():
            return change(state, status=Status.ENDING, ends_on=event.ends_on)
        case ResourceTerminationNegotiated():
            negotiated = {**state.negotiated, event.grant_id: event.agreed}
            return change(state, negotiated=negotiated)
        case ResourceTerminationFiled():
            return change(state, filed=True)
        case ResourceUnmounted():
            return change(state, status=Status.ENDED, refresh=None)
        case DataPublished():
            return _published(state, event)
        case FreshnessBreached():
            return _expecting(state, event.expects, event.due)
        case _:
            assert_never(event)


def _mounted(event: ResourceMounted) -> Resource:
    return Resource(
        entry_id=event.entry_id,
        provider_id=event.provider_id,
        kind=event.kind,
        title=event.title,
        locator=event.locator,
        items=event.items,
    )


def _expecting(state: Resource, expects: str, refresh: Due | None) -> Resource:
    ahead = _later(state.ahead, expects)
    return msgspec.structs.replace(state, expects=expects, refresh=refresh, ahead=ahead)


def _published(state: Resource, event: DataPublished) -> Resource:
    moved = event.due is not None
    return msgspec.structs.replace(
        state,
        data_version=event.data_version,
        last_period=event.period,
        last_batch_id=event.batch_id,
        last_published_at=event.at,
        expects=event.expects if moved else state.expects,
        refresh=event.due if moved else state.refresh,
        ahead=_later(state.ahead | {event.period}, event.expects or state.expects),
    )


def _later(periods: frozenset[str], expects: str) -> frozenset[str]:
    """Return those periods that begin after the one awaited."""
    if not expects:
        return frozenset()
    last = read_period(expects).last
    return frozenset(code for code in periods if read_period(code).first > last)


def mount(command: MountResource, states: States, by: Actor, at: datetime) -> ResourceMounted:
    """Bind real data to an entry in force, in one of the ways its entry names (§22)."""
    if states.maybe(Resource, command.resource_id) is not None:
        raise Conflict(
            f"{command.resource_id} is mounted already",
            f"{command.resource_id}已挂接",
            where="resource_id",
        )
    entry = states.the(CatalogEntry, command.entry_id)
    content = entry.in_force()
    if content.share_type is ShareType.NOT_SHARED:
        raise Conflict(
            f"“{content.title}” is not shared (class 3); nothing can be mounted on it",
            f"“{content.title}”为不予共享类，不能挂接资源",
            where="entry_id",
        )
    if command.kind not in content.share_methods:
        raise Invalid(
            f"“{content.title}” is shared as {', '.join(content.share_methods)},"
            f" not as {command.kind}",
            f"“{content.title}”的共享方式为{'、'.join(map(zh, content.share_methods))}，"
            f"不含{zh(command.kind)}",
            where="kind",
        )
    _require_items(content, command.items)
    return ResourceMounted(
        at=at,
        by=by,
        resource_id=command.resource_id,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        kind=command.kind,
        title=command.title,
        locator=command.locator,
        items=command.items,
    )


def test(command: TestResource, states: States, by: Actor, at: datetime) -> ResourceTested:
    """Record a test; only a good one lets the resource be activated."""
    resource = states.the(Resource, command.resource_id)
    if resource.status is Status.ENDED:
        raise ended(resource)
    if not command.ok and not command.findings:
        raise Invalid("say what the test found wrong", "测试未通过时必须说明问题", where="findings")
    return ResourceTested(
        ok=command.ok,
        findings=command.findings,
        **about(command.resource_id, states, by, at),
    )


def change(command: ChangeResource, states: States, by: Actor, at: datetime) -> ResourceChanged:
    """Change a serving resource; what breaks a grantee's use is announced beforehand (P7).

    Items that are left out break it whether or not the command says so.
    """
    resource = states.the(Resource, command.resource_id)
    if resource.status is not Status.ACTIVE:
        raise Conflict(
            f"“{resource.title}” is {resource.status}; only an active resource is changed",
            f"“{resource.title}”当前状态为{zh(resource.status)}，仅可变更使用中的资源",
            where="resource_id",
        )
    content = states.the(CatalogEntry, resource.entry_id).in_force()
    _require_items(content, command.items)
    before = set(resource.items or content.item_names)
    breaking = command.breaking or not before <= set(command.items or content.item_names)
    _require_notice(command, at, breaking=breaking)
    return ResourceChanged(
        title=command.title,
        locator=command.locator,
        items=command.items,
        breaking=breaking,
        reason=command.reason,
        notice=command.notice,
        effective_on=command.effective_on,
        **about(command.resource_id, states, by, at),
    )


def _require_notice(command: ChangeResource, at: datetime, *, breaking: bool) -> None:
    if breaking and not (command.notice and command.effective_on):
        raise Invalid(
            "this change breaks what grantees use: give the notice to them and the day from which"
            " it holds (Decree 809 §27)",
            "该变更影响使用方：请填写告知内容和生效日期(条例第二十七条)",
            where="notice",
        )
    if command.effective_on is not None and command.effective_on < local_day(at):
        raise Invalid(
            f"{command.effective_on} is past; a change is announced before it holds",
            f"{command.effective_on}已过，变更须事先告知",
            where="effective_on",
        )


def about(resource_id: str, states: States, by: Actor, at: datetime) -> dict[str, Any]:
    """Return what every event of a resource says; its provider is its entry's of today."""
    resource = states.the(Resource, resource_id)
    return {
        "at": at,
        "by": by,
        "resource_id": resource_id,
        "entry_id": resource.entry_id,
        "provider_id": provider_of(states, resource),
    }


def provider_of(states: States, resource: Resource) -> str:
    """Return who provides the resource now: its entry's provider, to whom duties may have moved."""
    return states.the(CatalogEntry, resource.entry_id).provider_id


def ended(resource: Resource) -> Conflict:
    """Return the refusal of anything done to a resource that is gone."""
    return Conflict(
        f"“{resource.title}” has ended; mount a new resource",
        f"“{resource.title}”已终止，请重新挂接",
        where="resource_id",
    )


def _require_items(content: EntryContent, items: tuple[str, ...]) -> None:
    strange = [name for name in items if name not in content.item_names]
    if strange:
        raise Invalid(
            f"“{content.title}” has no item “{strange[0]}”",
            f"“{content.title}”没有信息项“{strange[0]}”",
            where="items",
        )
