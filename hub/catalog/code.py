"""代码与名称 Catalogue codes and titles: who holds which.

A code belongs to its entry for good and is never used again, also after withdrawal. A title is
unique among a provider's entries and is held only as long as the holder bears it. Both are taken
when the entry leaves the department (or is published by an import): drafts may be alike.
"""

from hashlib import sha256

import msgspec

from hub.catalog.events import CatalogCodeReserved, CatalogTitleReserved
from hub.state import State

_DIGEST_CHARACTERS = 32


class CatalogCode(State, frozen=True, kw_only=True):
    """A catalogue code and the entry it belongs to."""

    STREAM = "catalog.code"

    entry_id: str


class CatalogTitle(State, frozen=True, kw_only=True):
    """A title and, for each provider, the entry that took it last."""

    STREAM = "catalog.title"

    holders: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def holder_ids(self) -> tuple[str, ...]:
        """Return the entries that took the title, for loading."""
        return tuple(self.holders.values())


def code_id(catalog_code: str) -> str:
    """Return the stream of a catalogue code, `` for no code: `/` cannot stand in a stream id."""
    return f"{CatalogCode.STREAM}:{catalog_code.replace('/', '~')}" if catalog_code else ""


def title_id(title: str) -> str:
    """Return the stream of a title, `` for no title: a digest, since titles are long."""
    if not title:
        return ""
    digest = sha256(title.casefold().encode()).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{CatalogTitle.STREAM}:{digest}"


def evolve_code(state: CatalogCode | None, event: CatalogCodeReserved) -> CatalogCode:
    """Fold a code's one event."""
    return state or CatalogCode(entry_id=event.entry_id)


def evolve_title(state: CatalogTitle | None, event: CatalogTitleReserved) -> CatalogTitle:
    """Fold a title's events: the last taker per provider holds it."""
    before = state.holders if state else {}
    return CatalogTitle(holders={**before, event.provider_id: event.entry_id})
