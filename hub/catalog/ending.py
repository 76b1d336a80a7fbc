"""撤销与移交 Withdrawing an entry, and handing it over with its duty (§17, S-22)."""

from datetime import datetime

import msgspec

from hub.actor import Actor
from hub.catalog.checking import title_holder
from hub.catalog.commands import HandOverCatalogEntry, WithdrawCatalogEntry
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import (
    CatalogEntryHandedOver,
    CatalogEntryWithdrawn,
    CatalogTitleReserved,
)
from hub.catalog.kinds import EntryStatus
from hub.catalog.use import grants_on
from hub.departments.due import Due
from hub.departments.organization import Organization
from hub.errors import Conflict, Invalid
from hub.event import Event
from hub.state import States
from hub.term import zh


def withdraw(
    command: WithdrawCatalogEntry, states: States, by: Actor, at: datetime
) -> CatalogEntryWithdrawn:
    """Take an entry out for good; refused while a grant stands on it (end it first, §27)."""
    entry = states.the(CatalogEntry, command.entry_id)
    require_withdrawable(entry, states)
    return CatalogEntryWithdrawn(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        version=entry.published_version,
        reason=command.reason,
    )


def require_withdrawable(entry: CatalogEntry, states: States) -> None:
    """Refuse to withdraw twice, or under a grant that has not ended."""
    if entry.status is EntryStatus.WITHDRAWN:
        raise Conflict(
            f"“{entry.content.title}” is withdrawn already", f"“{entry.content.title}”已撤销"
        )
    grants = sorted(grants_on(states, entry.entry_id))
    if grants:
        raise Conflict(
            f"{len(grants)} grants stand on this entry, e.g. {grants[0]}; end them first"
            " (Decree 809 §27)",
            f"本目录尚有{len(grants)}项有效授权（如{grants[0]}），须先依法终止（条例第二十七条）",
        )


def hand_over(
    command: HandOverCatalogEntry, states: States, by: Actor, at: datetime
) -> tuple[Event, ...]:
    """Let an entry follow its duty; grants and cases follow the entry, history stays (S-22)."""
    entry = states.the(CatalogEntry, command.entry_id)
    _require_movable(entry, states, command.receiver_id)
    taken = title_holder(states, entry.published_title_id, command.receiver_id)
    if taken:
        raise Conflict(
            f"the receiver has an entry of the same title ({taken}); withdraw or rename one first",
            f"接收部门已有同名目录（{taken}），请先撤销或更名",
        )
    handed = CatalogEntryHandedOver(
        at=at,
        by=by,
        entry_id=command.entry_id,
        provider_id=entry.provider_id,
        receiver_id=command.receiver_id,
        reason=command.reason,
        version=entry.published_version + 1 if entry.published else 0,
        content=entry.published,
        due=_moved(entry, command.receiver_id),
    )
    if entry.published is None:
        return (handed,)
    title = CatalogTitleReserved(
        at=at,
        by=by,
        correlation_id=command.entry_id,
        title_id=entry.published_title_id,
        entry_id=command.entry_id,
        provider_id=command.receiver_id,
    )
    return (handed, title)


def _require_movable(entry: CatalogEntry, states: States, receiver_id: str) -> None:
    if entry.status in {EntryStatus.IN_REVIEW, EntryStatus.APPROVED, EntryStatus.WITHDRAWN}:
        raise Conflict(
            f"“{entry.content.title}” is {entry.status}; it can be handed over before or after",
            f"“{entry.content.title}”处于{zh(entry.status)}状态，不能移交",
        )
    giver = states.the(Organization, entry.provider_id)
    receiver = states.the(Organization, receiver_id)
    if receiver_id == entry.provider_id or not receiver.active:
        raise Invalid(
            "the receiver must be another department that is active",
            "接收方须为另一在册部门",
            where="receiver_id",
        )
    if giver.active and entry.content.duty in giver.duties:
        raise Conflict(
            f"{giver.name} still has the duty “{entry.content.duty}”; transfer the duty first",
            f"{giver.name}仍承担职责“{entry.content.duty}”，请先划转职责",
        )


def _moved(entry: CatalogEntry, receiver_id: str) -> Due | None:
    """Return a running update term with its new owner; a lapse stays with who missed it."""
    due = entry.update_due
    if due is None or due in entry.overdue:
        return None
    return msgspec.structs.replace(due, owner_id=receiver_id)
