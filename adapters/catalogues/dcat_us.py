"""DCAT-US 1.1 `data.json` into candidates (DOMAIN §3.9).

accessLevel public / restricted public / non-public = class 1 / 2 / 3; `rights` = the condition
or the reason; accrualPeriodicity in any ISO 8601 spelling; distributions give format and method.
The format has no data items: an entry gets one item that stands for the whole. Personal
information is said only by naming a system of records.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.catalogues.candidate import (
    ABSTRACT_CHARACTERS_MAX,
    SHORT_CHARACTERS_MAX,
    TITLE_CHARACTERS_MAX,
    Candidate,
    Text,
    digest_number,
)
from hub.catalog.content import EntryContent, Item, NotSharedGround, ShareConditions
from hub.catalog.kinds import (
    FormatClass,
    Grade,
    ItemType,
    OpenType,
    ShareMethod,
    ShareType,
    UpdateCycle,
)

_ACCESS = {
    "public": ShareType.UNCONDITIONAL,
    "restricted public": ShareType.CONDITIONAL,
    "non-public": ShareType.NOT_SHARED,
}
_WORDS = {"irregular": UpdateCycle.IRREGULAR, "eventual": UpdateCycle.IRREGULAR}
_PERIOD = re.compile(r"R/P(?P<time>T)?(?P<n>\d+(?:\.\d+)?)(?P<unit>[YMWDHS])")
_ENDING = re.compile(r"[^/]\.([A-Za-z0-9]{2,5})(?:[?#]|$)")
_DAYS = {"Y": 365.0, "M": 30.0, "W": 7.0, "D": 1.0}
_CYCLES = (
    (0.9, UpdateCycle.REALTIME),
    (1.5, UpdateCycle.DAILY),
    (10.0, UpdateCycle.WEEKLY),
    (35.0, UpdateCycle.MONTHLY),
    (100.0, UpdateCycle.QUARTERLY),
    (200.0, UpdateCycle.HALF_YEARLY),
    (370.0, UpdateCycle.YEARLY),
)
"""The longest period in days that still counts as the cycle."""
_FORMATS: tuple[tuple[str, FormatClass], ...] = (
    ("api", FormatClass.INTERFACE),
    ("excel", FormatClass.SPREADSHEET),
    ("spreadsheet", FormatClass.SPREADSHEET),
    ("csv", FormatClass.SPREADSHEET),
    ("xls", FormatClass.SPREADSHEET),
    ("image", FormatClass.IMAGE),
    ("jpg", FormatClass.IMAGE),
    ("png", FormatClass.IMAGE),
    ("tif", FormatClass.IMAGE),
    ("video", FormatClass.STREAM),
    ("audio", FormatClass.STREAM),
    ("xml", FormatClass.SELF_DESCRIBING),
    ("json", FormatClass.SELF_DESCRIBING),
    ("rdf", FormatClass.SELF_DESCRIBING),
    ("zip", FormatClass.SELF_DESCRIBING),
    ("octet", FormatClass.SELF_DESCRIBING),
    ("access", FormatClass.DATABASE),
    ("sql", FormatClass.DATABASE),
    ("", FormatClass.DOCUMENT),
)
"""What a media type holds, the first that fits; a page or paper otherwise."""
REASON_CHARACTERS_MAX = 1_000
DUTY = "履行法定职责 / performance of statutory duty"
"""The purpose every sharing has (Decree 809 §3); the format has no field of its own for it."""


def is_dcat_us(document: object) -> bool:
    """Say whether a parsed file is a DCAT-US catalogue."""
    return isinstance(document, dict) and isinstance(document.get("dataset"), list)


def candidates(document: Mapping[str, Any]) -> Iterator[Candidate]:
    """Yield the catalogue's entries in their order; one that is no object is refused."""
    for number, found in enumerate(document["dataset"], start=1):
        if isinstance(found, dict):
            yield _candidate(found, number)
        else:
            refusal = f"entry {number} is {type(found).__name__}, not an object"
            content = EntryContent()
            external_id = f"#{number}"
            yield Candidate(
                external_id=external_id, title="", provider="", content=content, refusal=refusal
            )


def _candidate(found: Mapping[str, Any], number: int) -> Candidate:
    text = Text()
    publisher = found.get("publisher")
    provider = text.take(
        "publisher", publisher.get("name") if isinstance(publisher, dict) else publisher
    )
    external_id = text.take("identifier", found.get("identifier")) or f"#{number}"
    title = text.take("title", found.get("title"), TITLE_CHARACTERS_MAX)
    if not provider:
        text.refusal = text.refusal or "publisher: nobody is named as the provider"
    if not title:
        text.refusal = text.refusal or "title: the entry has no title"
    content = _content(found, text, title, provider, external_id)
    return Candidate(
        external_id=external_id,
        title=title,
        provider=provider,
        content=content,
        reasons=tuple(text.reasons),
        refusal=text.refusal,
    )


def _content(
    found: Mapping[str, Any], text: Text, title: str, provider: str, external_id: str
) -> EntryContent:
    share_type = _share_type(found, text)
    class_code = f"301{digest_number(provider, 3)}"
    methods, format_class, formats = _distributions(found, text)
    return EntryContent(
        title=title,
        class_code=class_code,
        catalog_code=f"{class_code}/{digest_number(f'{provider}|{external_id}', 12)}",
        abstract=text.take("description", found.get("description"), ABSTRACT_CHARACTERS_MAX),
        format_class=format_class,
        format=formats,
        items=(_whole(share_type),),
        share_type=share_type,
        share_conditions=_conditions(found, share_type, text),
        not_shared=_ground(found, share_type, text),
        share_methods=methods,
        open_type=OpenType.OPEN if share_type is ShareType.UNCONDITIONAL else OpenType.NOT_OPEN,
        update_cycle=cycle_of(found.get("accrualPeriodicity")),
        grade=Grade.GENERAL,
        has_personal_info=bool(found.get("systemOfRecords")),
        themes=tuple(_themes(found, text)),
        time_range=text.take("temporal", _plain(found.get("temporal")), SHORT_CHARACTERS_MAX),
        space_range=text.take("spatial", _plain(found.get("spatial")), SHORT_CHARACTERS_MAX),
    )


def cycle_of(period: object) -> UpdateCycle:
    """Return the update cycle of an ISO 8601 period; OTHER where none is said or known."""
    if not isinstance(period, str):
        return UpdateCycle.OTHER
    word = _WORDS.get(period.strip().lower())
    if word is not None:
        return word
    match = _PERIOD.fullmatch(period.strip().upper())
    if match is None:
        return UpdateCycle.OTHER
    days = 0.0 if match["time"] else float(match["n"]) * _DAYS[match["unit"]]
    return next((cycle for limit, cycle in _CYCLES if days <= limit), UpdateCycle.OTHER)


def _share_type(found: Mapping[str, Any], text: Text) -> ShareType | None:
    level = str(found.get("accessLevel", "")).strip().lower()
    share_type = _ACCESS.get(level)
    if share_type is None:
        text.doubt(f"accessLevel: “{level[:40]}” is none of {', '.join(_ACCESS)}")
    return share_type


def _conditions(
    found: Mapping[str, Any], share_type: ShareType | None, text: Text
) -> ShareConditions | None:
    if share_type is not ShareType.CONDITIONAL:
        return None
    rights = text.take("rights", found.get("rights"))
    return ShareConditions(purposes=(DUTY,), security_demands=(rights,) if rights else ())


def _ground(
    found: Mapping[str, Any], share_type: ShareType | None, text: Text
) -> NotSharedGround | None:
    if share_type is not ShareType.NOT_SHARED:
        return None
    return NotSharedGround(reason=text.take("rights", found.get("rights"), REASON_CHARACTERS_MAX))


def _whole(share_type: ShareType | None) -> Item:
    return Item(
        name="whole_dataset",
        title="全部内容 / whole dataset",
        data_type=ItemType.GENERAL,
        grade=Grade.GENERAL,
        item_share_type=share_type,
    )


def _distributions(
    found: Mapping[str, Any], text: Text
) -> tuple[tuple[ShareMethod, ...], FormatClass | None, str]:
    given = found.get("distribution")
    distributions = [d for d in given if isinstance(d, dict)] if isinstance(given, list) else []
    methods = {
        ShareMethod.INTERFACE: any(d.get("accessURL") for d in distributions),
        ShareMethod.FILE: any(d.get("downloadURL") for d in distributions),
    }
    kinds = [text.take("distribution", _kind(d)) for d in distributions]
    named = [kind for kind in kinds if kind]
    format_class = _format_class(named[0] if named else "") if distributions else None
    formats = text.take("distribution", ", ".join(dict.fromkeys(named)), SHORT_CHARACTERS_MAX)
    return tuple(method for method, given in methods.items() if given), format_class, formats


def _kind(distribution: Mapping[str, Any]) -> object:
    """Return the media type, else the ending of the file's address, else that of a page."""
    said = distribution.get("mediaType") or distribution.get("format")
    ending = _ENDING.search(str(distribution.get("downloadURL") or ""))
    page = "text/html" if distribution.get("accessURL") else None
    return said or (ending[1].lower() if ending else page)


def _format_class(media_type: str) -> FormatClass:
    low = media_type.lower()
    return next(kind for part, kind in _FORMATS if part in low)


def _themes(found: Mapping[str, Any], text: Text) -> Iterator[str]:
    given = found.get("theme") or found.get("keyword") or ()
    themes: Sequence[object] = [given] if isinstance(given, str) else given
    yield from dict.fromkeys(taken for t in themes if (taken := text.take("theme", t)))


def _plain(value: object) -> object:
    """Return text as it is; of anything nested, nothing: it is no range a person would read."""
    return value if isinstance(value, str) else None
