"""编目表 The compiling form: the text of an entry as a department fills it in.

The form takes what may still be wrong (a draft may be incomplete); `checking` finds it. Refused
here is only what no draft may hold: unknown fields, words not on the lists, too much text.
"""

from typing import Annotated

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hub.catalog.content import EntryContent, NotSharedGround, ShareConditions
from hub.catalog.kinds import (
    DocumentClass,
    FormatClass,
    Grade,
    ItemType,
    OpenType,
    ShareMethod,
    ShareType,
    UpdateCycle,
)
from hub.command import LegalBasisId, clean

CONTENT_BYTES_MAX = 48_000
"""Largest text of an entry, stored: an event holds 65,536 bytes and more than the text."""
_ITEMS_MAX = 1_000


def _no_repeats(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        kind, words = "repeated", "the list names something twice; name each once"
        raise PydanticCustomError(kind, words)
    return values


_Short = Annotated[str, BeforeValidator(clean), Field(max_length=100)]
_Text = Annotated[str, BeforeValidator(clean), Field(max_length=1_000)]
_LongText = Annotated[str, BeforeValidator(clean), Field(max_length=8_000)]
_Name = Annotated[str, BeforeValidator(clean), Field(min_length=1, max_length=200)]
_Names = Annotated[tuple[_Name, ...], Field(max_length=200), AfterValidator(_no_repeats)]
_CatalogCode = Annotated[
    str, BeforeValidator(clean), Field(max_length=40, pattern=r"^([0-9A-Za-z._-]+(/[0-9]+)?)?$")
]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ItemForm(_Form):
    """One data item: `length` in characters or digits; `maskable` alone, e.g. a column."""

    name: _Name
    title: Annotated[str, BeforeValidator(clean), Field(max_length=200)] = ""
    data_type: ItemType | None = None
    length: Annotated[int, Field(gt=0, le=2_147_483_647)] | None = None
    is_key: bool = False
    sensitive: bool = False
    maskable: bool = False
    grade: Grade | None = None
    item_share_type: ShareType | None = None
    source_element: _Short = ""


class ConditionsForm(_Form):
    """The closed list of conditions of class 2 (Decree 809 §15)."""

    purposes: _Names = ()
    departments: _Names = ()
    items: Annotated[tuple[_Name, ...], Field(max_length=_ITEMS_MAX)] = ()
    methods: tuple[ShareMethod, ...] = ()
    period_days_max: Annotated[int, Field(gt=0, le=36_600)] | None = None
    security_demands: _Names = ()

    def to_conditions(self) -> ShareConditions:
        """Return the conditions as the record keeps them."""
        return msgspec.convert(self.model_dump(mode="json"), ShareConditions)


class GroundForm(_Form):
    """Why data is not shared, and the article that expressly says so (Decree 809 §14)."""

    reason: _Text
    legal_basis_id: LegalBasisId | None = None
    article: _Short = ""

    def to_ground(self) -> NotSharedGround:
        """Return the ground as the record keeps it."""
        return NotSharedGround(
            reason=self.reason, legal_basis_id=self.legal_basis_id or "", article=self.article
        )


class EntryForm(_Form):
    """The text of an entry; every field may stay empty in a draft."""

    title: _Text = ""
    class_code: _Short = ""
    catalog_code: _CatalogCode = ""
    abstract: _LongText = ""
    format_class: FormatClass | None = None
    format: _Short = ""
    items: Annotated[tuple[ItemForm, ...], Field(max_length=_ITEMS_MAX)] = ()
    share_type: ShareType | None = None
    share_conditions: ConditionsForm | None = None
    not_shared: GroundForm | None = None
    share_methods: tuple[ShareMethod, ...] = ()
    open_type: OpenType = OpenType.NOT_OPEN
    open_conditions: _Text = ""
    update_cycle: UpdateCycle | None = None
    grade: Grade | None = None
    has_personal_info: bool | None = None
    related_codes: _Names = ()
    themes: _Names = ()
    duty: _Text = ""
    duty_basis_id: LegalBasisId | None = None
    service_items: _Names = ()
    system_id: _Short = ""
    region_code: Annotated[str, Field(pattern=r"^(\d{6}(\d{3}){0,2})?$")] = ""
    time_range: _Short = ""
    space_range: _Short = ""
    document_class: DocumentClass = DocumentClass.NONE

    def to_content(self) -> EntryContent:
        """Return the text as the record keeps it."""
        plain = {k: v for k, v in self.model_dump(mode="json").items() if v is not None}
        if self.not_shared is not None:
            plain["not_shared"] = msgspec.to_builtins(self.not_shared.to_ground())
        return msgspec.convert(plain, EntryContent)


def _fits(form: EntryForm) -> EntryForm:
    size = len(msgspec.json.encode(form.to_content()))
    if size > CONTENT_BYTES_MAX:
        raise PydanticCustomError(
            "too_large",
            "the text of the entry takes {size} bytes, more than {most}; shorten the abstract or"
            " describe the items in several entries",
            {"size": size, "most": CONTENT_BYTES_MAX},
        )
    return form


FittingForm = Annotated[EntryForm, AfterValidator(_fits)]
"""A form that fits into one event."""
