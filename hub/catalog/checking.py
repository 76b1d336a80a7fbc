"""机器校核 The machine check: every breach of the compiling guide in an entry, all at once.

To add a check write its sentence in `findings` and yield it here.
"""

import re
from collections.abc import Iterator
from datetime import date

from hub.catalog.code import CatalogCode, CatalogTitle, code_id, title_id
from hub.catalog.content import EntryContent, Finding
from hub.catalog.entry import CatalogEntry
from hub.catalog.findings import FIELDS
from hub.catalog.kinds import (
    GOOD_OUTCOME,
    AssessmentKind,
    AssessmentOutcome,
    Grade,
    OpenType,
    ShareType,
)
from hub.departments.legal_basis import LegalBasis
from hub.state import States

STANDARD = "发改高技〔2017〕1272号"
"""The compiling guide the check applies."""
TITLE_CHARACTERS_MAX = 200
_CLASS_CODE = re.compile(r"[1-3]\d{2}\d{3}[0-9A-Za-z]{0,14}")
"""1 digit class, 2 digits item, 3 digits sub-item, detail of free length."""
_SEQUENCE = re.compile(r"\d{1,12}")


def findings_in(
    content: EntryContent, provider_id: str, entry_id: str, states: States, on: date
) -> tuple[Finding, ...]:
    """Return every breach in a text on a day; assessments are another matter (`unassessed`).

    The rule must load the text's bases, code, title and the title's holders.
    """
    found = (
        _fields(content),
        _codes(content, entry_id, states),
        _title(content, provider_id, entry_id, states),
        _sharing(content),
        _ground(content, states, on),
        _grades(content),
    )
    return tuple(finding for part in found for finding in part)


def unassessed(entry: CatalogEntry) -> tuple[Finding, ...]:
    """Return the assessments that are missing or forbid submission (§13)."""
    needed = [AssessmentKind.SECRECY]
    if entry.content.has_personal_info:
        needed.append(AssessmentKind.PERSONAL_INFORMATION)
    return tuple(
        finding for kind in needed for finding in _assessed(kind, entry.assessments.get(kind))
    )


def _fields(content: EntryContent) -> Iterator[Finding]:
    for name in FIELDS:
        # No method belongs to what is not shared; `False` is an answer, not a gap.
        exempt = name == "share_methods" and content.share_type is ShareType.NOT_SHARED
        if getattr(content, name) in ("", (), None) and not exempt:
            yield Finding(code="missing", where=name)
    if len(content.title) > TITLE_CHARACTERS_MAX:
        yield Finding(code="title_long", where="title")
    seen: set[str] = set()
    for item in content.items:
        if item.name in seen:
            yield Finding(code="item_repeated", where="items", about=item.name)
        if item.data_type is None:
            yield Finding(code="item_type", where="items", about=item.name)
        seen.add(item.name)


def _codes(content: EntryContent, entry_id: str, states: States) -> Iterator[Finding]:
    kind, code = content.class_code, content.catalog_code
    if kind and not _CLASS_CODE.fullmatch(kind):
        yield Finding(code="class_code", where="class_code", about=kind)
    if not code:
        return
    prefix, _, sequence = code.partition("/")
    if prefix != kind or not _SEQUENCE.fullmatch(sequence):
        yield Finding(code="catalog_code", where="catalog_code", about=code)
    entry = states.maybe(CatalogEntry, entry_id)
    if entry and entry.code and entry.code != code:
        yield Finding(code="code_changed", where="catalog_code", about=entry.code)
    held = states.maybe(CatalogCode, code_id(code))
    if held and held.entry_id != entry_id:
        yield Finding(code="code_taken", where="catalog_code", about=code)


def _title(
    content: EntryContent, provider_id: str, entry_id: str, states: States
) -> Iterator[Finding]:
    stream = title_id(content.title)
    holder_id = title_holder(states, stream, provider_id)
    if holder_id and holder_id != entry_id:
        yield Finding(code="title_taken", where="title", about=holder_id)


def title_holder(states: States, stream: str, provider_id: str) -> str:
    """Return the entry that bears a title among a provider's entries, or an empty text."""
    register = states.maybe(CatalogTitle, stream) if stream else None
    holder_id = register.holders.get(provider_id, "") if register else ""
    holder = states.maybe(CatalogEntry, holder_id) if holder_id else None
    return holder_id if holder and holder.bears(stream, provider_id) else ""


def _sharing(content: EntryContent) -> Iterator[Finding]:
    conditions, kind = content.share_conditions, content.share_type
    if kind is ShareType.CONDITIONAL:
        if conditions is None or not conditions.purposes or not conditions.limits():
            yield Finding(code="conditions_missing", where="share_conditions")
    elif conditions is not None:
        yield Finding(code="conditions_invented", where="share_conditions")
    own = set(content.item_names)
    for name in conditions.items if conditions else ():
        if name not in own:
            yield Finding(code="conditions_item", where="share_conditions", about=name)
    strictest = content.strictest_share_type()
    if kind and strictest and strictest.code > kind.code:
        yield Finding(code="share_type_item", where="share_type", about=strictest)
    hidden = [item for item in content.items if item.item_share_type is ShareType.NOT_SHARED]
    if hidden and len(hidden) == len(content.items) and kind is not ShareType.NOT_SHARED:
        yield Finding(code="items_not_shared", where="share_type")
    if kind is ShareType.NOT_SHARED and content.open_type is not OpenType.NOT_OPEN:
        yield Finding(code="open_not_shared", where="open_type")


def _ground(content: EntryContent, states: States, on: date) -> Iterator[Finding]:
    """Trap 1: class 3 rests on a law, regulation or decision in force, or is not published."""
    ground = content.not_shared
    if content.share_type is not ShareType.NOT_SHARED:
        if ground is not None:
            yield Finding(code="ground_needless", where="not_shared")
    elif ground is None or not ground.reason or not ground.legal_basis_id:
        yield Finding(code="ground_missing", where="not_shared")
    else:
        basis = states.maybe(LegalBasis, ground.legal_basis_id)
        if basis is None:
            yield Finding(code="ground_unknown", where="not_shared", about=ground.legal_basis_id)
        elif not basis.may_forbid(on):
            yield Finding(code="ground_rank", where="not_shared", about=basis.title)


def _grades(content: EntryContent) -> Iterator[Finding]:
    strictest, grade = content.strictest_grade(), content.grade
    if grade and strictest and strictest.rank > grade.rank:
        yield Finding(code="grade_item", where="grade", about=strictest)
    if Grade.CORE in {grade, strictest}:
        yield Finding(code="grade_core", where="grade")
    if grade is Grade.IMPORTANT and content.share_type is ShareType.UNCONDITIONAL:
        yield Finding(code="grade_important", where="share_type")
    if content.has_personal_info is False:
        for item in content.items:
            if item.sensitive:
                about = item.name
                yield Finding(code="personal_info_sensitive", where="items", about=about)


def _assessed(kind: AssessmentKind, outcome: AssessmentOutcome | None) -> Iterator[Finding]:
    if outcome is None:
        yield Finding(code="assessment_missing", where="assessments", about=kind)
    elif outcome is not GOOD_OUTCOME[kind]:
        yield Finding(code="assessment_bad", where="assessments", about=outcome)
