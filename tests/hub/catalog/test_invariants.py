"""Whatever people try, in whatever order: what can never be so in the catalogue."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st

from hub.actor import CLOCK, Role
from hub.catalog.commands import (
    ApproveCatalogEntry,
    ApproveCatalogEntryInternally,
    ChangeShareType,
    DraftCatalogEntry,
    ImportCatalogEntry,
    ImportCatalogRemoval,
    PublishCatalogEntry,
    RaiseCatalogUpdateDuty,
    RecordReviewOverdue,
    RecordUpdateOverdue,
    ReturnCatalogEntry,
    ReviseCatalogEntry,
    SourceForm,
    SubmitCatalogEntry,
    WithdrawCatalogEntry,
)
from hub.catalog.entry import CatalogEntry
from hub.catalog.events import CatalogCodeReserved, CatalogEntryPublished
from hub.catalog.kinds import EntryStatus, Grade, ShareType
from hub.departments.events import OfficerAppointed
from hub.errors import Refusal
from tests.hub.catalog.world import (
    CATALOGUER,
    CLASS_2,
    CLASS_3,
    CLASS_3_LOCAL,
    ENTRY,
    FOUNDED_CITY,
    HEAD,
    NOON,
    OTHER,
    REVIEWER,
    SECURITY,
    attach,
    form,
    given,
    org,
)
from tests.hub.departments.city import FOUNDED, LAW, OPERATOR, who

if TYPE_CHECKING:
    from hub.actor import Speaker
    from hub.command import Command
    from hub.event import Event

TEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"abstract": "新"},
    {"title": "死亡证明"},
    {"catalog_code": "307012/000002"},
    {"grade": "core"},
    CLASS_2,
    CLASS_3,
    CLASS_3_LOCAL,
    {"share_type": "not_shared"},
    {"items": []},
)
SOURCE = SourceForm(name="旧平台目录", sha256="sha256:" + "a" * 64, external_id="urn:1")
# The head of the department has also been made a reviewer at the authority and a cataloguer.
BUSY = tuple(
    OfficerAppointed(
        at=FOUNDED, by=OPERATOR, org_id=org(place), person_id="civil.department_head", role=role
    )
    for place, role in (("city", Role.AUTHORITY_REVIEWER), ("civil", Role.CATALOGUER))
)
HEAD_AS_REVIEWER = type(HEAD)(org("city"), "civil.department_head", HEAD.via)


def wishes(entry_id: str, text: dict[str, Any]) -> list[Command]:
    content = form(**text)
    terms = {k: v for k, v in text.items() if k in {"share_conditions", "not_shared"}}
    kind = text.get("share_type", "unconditional")
    return [
        DraftCatalogEntry(entry_id=entry_id, provider_id=org("civil"), content=content),
        ReviseCatalogEntry(entry_id=entry_id, content=content),
        ChangeShareType.model_validate(
            {"entry_id": entry_id, "share_type": kind, "reason": "调整", **terms}
        ),
        attach(entry_id),
        ApproveCatalogEntryInternally(entry_id=entry_id),
        SubmitCatalogEntry(entry_id=entry_id),
        ApproveCatalogEntry(entry_id=entry_id),
        PublishCatalogEntry(entry_id=entry_id),
        ReturnCatalogEntry(entry_id=entry_id, reason="补充"),
        RaiseCatalogUpdateDuty(entry_id=entry_id, changed_on=date(2026, 2, 2), cause="调整"),
        RecordUpdateOverdue(entry_id=entry_id),
        RecordReviewOverdue(entry_id=entry_id),
        WithdrawCatalogEntry(entry_id=entry_id, reason="撤销"),
        ImportCatalogEntry(
            entry_id=entry_id, provider_id=org("civil"), content=content, source=SOURCE
        ),
        ImportCatalogRemoval(entry_id=entry_id, source=SOURCE, reason="删除"),
    ]


SPEAKERS = (
    CATALOGUER,
    HEAD,
    SECURITY,
    REVIEWER,
    HEAD_AS_REVIEWER,
    CLOCK,
    who("tax", Role.CATALOGUER),
)
# Most of the way is walked in order, so that chance reaches publication often.
ORDERLY: tuple[tuple[int, Speaker], ...] = (
    (0, CATALOGUER),
    (3, SECURITY),
    (4, HEAD),
    (5, CATALOGUER),
    (6, REVIEWER),
    (7, REVIEWER),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([ENTRY, OTHER]),
        st.sampled_from(TEXTS),
        st.one_of(
            st.sampled_from(ORDERLY),
            st.tuples(st.integers(0, 14), st.sampled_from(SPEAKERS)),
        ),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@always(STEPS)
def test_nothing_unlawful_is_ever_in_force(
    steps: list[tuple[str, dict[str, Any], tuple[int, Speaker]]],
) -> None:
    world = given(*FOUNDED_CITY, *BUSY)
    happened: list[Event] = []
    for day, (entry_id, text, (wish, by)) in enumerate(steps):
        outcome = world.when(wishes(entry_id, text)[wish], by, NOON + timedelta(days=day))
        try:
            events = outcome.events()
        except Refusal:
            continue
        outcome.then(*(type(event) for event in events))
        happened += events
        for state in world.states.values():
            if isinstance(state, CatalogEntry):
                lawful(state)
    titles = [s.published.title for s in entries(world.states) if s.published]
    assert len(titles) == len(set(titles)), "a title is borne by one entry of a provider"
    codes = [e.code_id for e in happened if isinstance(e, CatalogCodeReserved)]
    assert len(codes) == len(set(codes)), "a code is given once"
    for entry_id in (ENTRY, OTHER):
        versions = [
            event.version
            for event in happened
            if isinstance(event, CatalogEntryPublished) and event.entry_id == entry_id
        ]
        assert versions == list(range(1, len(versions) + 1))


def entries(states: dict[str, Any]) -> list[CatalogEntry]:
    return [state for state in states.values() if isinstance(state, CatalogEntry)]


def lawful(entry: CatalogEntry) -> None:
    assert entry.approved_by not in entry.drafted_by
    if entry.published is None:
        in_force = {EntryStatus.PUBLISHED, EntryStatus.UPDATE_DUE, EntryStatus.REVISING}
        assert entry.status not in in_force
        return
    text = entry.published
    assert text.items
    assert text.grade is not Grade.CORE
    if text.share_type is ShareType.NOT_SHARED:
        assert text.not_shared is not None
        assert text.not_shared.legal_basis_id == LAW
    if text.share_type is ShareType.CONDITIONAL:
        assert text.share_conditions is not None
        assert text.share_conditions.purposes
