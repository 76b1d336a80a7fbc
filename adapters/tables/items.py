"""What is expected of a file: the items of the entry, as the hub's JSON or its own words give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.catalog.kinds import ItemType


@dataclass(frozen=True)
class ItemSpec:
    """One column that is expected: its names, its type by the guide's letter, its length."""

    name: str
    title: str = ""
    data_type: ItemType = ItemType.CHARACTER
    length: int | None = None
    is_key: bool = False


def specs_of_json(items: Iterable[Mapping[str, Any]]) -> tuple[ItemSpec, ...]:
    """Return the expected columns from an entry's items as the hub's HTTP answers write them."""
    return tuple(
        ItemSpec(
            name=item["name"],
            title=item.get("title") or "",
            data_type=ItemType(item.get("data_type") or ItemType.CHARACTER),
            length=item.get("length"),
            is_key=bool(item.get("is_key")),
        )
        for item in items
    )


def carried(specs: tuple[ItemSpec, ...], names: tuple[str, ...]) -> tuple[ItemSpec, ...]:
    """Return the columns a resource carries; no names mean all of them."""
    return tuple(spec for spec in specs if not names or spec.name in names)
