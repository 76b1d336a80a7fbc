"""What a catalogue entry says: the core metadata of the compiling guide (DOMAIN §2.5).

A draft may be incomplete, so that most fields may be empty; `hub.catalog.checking` finds what is
missing before anybody outside the department sees it.
"""

from collections.abc import Iterator

import msgspec

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


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """信息项 One data item. `maskable`: it can be left out or masked when the rest is shared."""

    name: str
    title: str = ""
    data_type: ItemType | None = None
    length: int | None = None
    is_key: bool = False
    sensitive: bool = False
    maskable: bool = False
    grade: Grade | None = None
    item_share_type: ShareType | None = None
    source_element: str = ""


class ShareConditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """共享条件 The closed list of conditions of class 2; a reply may not add another (§15).

    `departments` are ids or kinds of organisations, `items` names of the entry's own items,
    `period_days_max` the longest period of use in days.
    """

    purposes: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    methods: tuple[ShareMethod, ...] = ()
    period_days_max: int | None = None
    security_demands: tuple[str, ...] = ()

    def limits(self) -> bool:
        """Say whether at least one condition is set beside the purposes."""
        return bool(
            self.departments
            or self.items
            or self.methods
            or self.period_days_max
            or self.security_demands
        )


class NotSharedGround(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """不予共享理由 Why the data is not shared, and the article that expressly says so (§14)."""

    reason: str
    legal_basis_id: str = ""
    article: str = ""


class EntryContent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The text of an entry. Its provider stands on the entry, because duties can move."""

    title: str = ""
    class_code: str = ""
    catalog_code: str = ""
    abstract: str = ""
    format_class: FormatClass | None = None
    format: str = ""
    items: tuple[Item, ...] = ()
    share_type: ShareType | None = None
    share_conditions: ShareConditions | None = None
    not_shared: NotSharedGround | None = None
    share_methods: tuple[ShareMethod, ...] = ()
    open_type: OpenType = OpenType.NOT_OPEN
    open_conditions: str = ""
    update_cycle: UpdateCycle | None = None
    grade: Grade | None = None
    has_personal_info: bool | None = None
    related_codes: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    duty: str = ""
    duty_basis_id: str = ""
    service_items: tuple[str, ...] = ()
    system_id: str = ""
    region_code: str = ""
    time_range: str = ""
    space_range: str = ""
    document_class: DocumentClass = DocumentClass.NONE

    @property
    def basis_ids(self) -> tuple[str, ...]:
        """Return the legal bases the entry cites."""
        cited = (self.duty_basis_id, self.not_shared.legal_basis_id if self.not_shared else "")
        return tuple(dict.fromkeys(basis_id for basis_id in cited if basis_id))

    @property
    def item_names(self) -> tuple[str, ...]:
        """Return the names of the data items, in order."""
        return tuple(item.name for item in self.items)

    def strictest_grade(self) -> Grade | None:
        """Return the highest grade of the items: a set takes it (就高从严)."""
        grades = [item.grade for item in self.items if item.grade is not None]
        return max(grades, key=lambda grade: grade.rank, default=None)

    def strictest_share_type(self) -> ShareType | None:
        """Return the strictest class of the items that cannot be masked on their own."""
        kinds = [
            item.item_share_type
            for item in self.items
            if item.item_share_type and not item.maskable
        ]
        return max(kinds, key=lambda kind: kind.code, default=None)

    def changed_fields(self, other: "EntryContent") -> Iterator[str]:
        """Yield the names of the fields in which another text differs, in order."""
        for name in self.__struct_fields__:
            if getattr(self, name) != getattr(other, name):
                yield name


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an imported entry came from: the catalogue, the digest of its file, its id there."""

    name: str
    sha256: str
    external_id: str


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One breach of the compiling guide: its code, the field, and the item or value meant."""

    code: str
    where: str
    about: str = ""
