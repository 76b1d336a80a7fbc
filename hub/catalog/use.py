"""在用授权 The grants that stand on an entry, so that nothing is withdrawn from under them.

The sharing chapter saves these events together with its own: `open_use` with the grant's issue,
`close_use` with the event that ends it. Its rules load the stream by the path `….use_id` of the
entry. A withdrawal reads the same stream, so of a grant and a withdrawal at the same moment one
must decide again (the executor sees to it).
"""

from datetime import datetime
from typing import assert_never

from hub.actor import Actor
from hub.catalog.entry import use_id
from hub.catalog.events import CatalogUseClosed, CatalogUseOpened, UseEvents
from hub.state import State, States


class CatalogUse(State, frozen=True, kw_only=True):
    """The grants on one entry that have not ended."""

    STREAM = "catalog.use"

    grants: frozenset[str] = frozenset()


def evolve(state: CatalogUse | None, event: UseEvents) -> CatalogUse:
    """Fold the register of one entry."""
    grants = state.grants if state else frozenset()
    match event:
        case CatalogUseOpened():
            return CatalogUse(grants=grants | {event.grant_id})
        case CatalogUseClosed():
            return CatalogUse(grants=grants - {event.grant_id})
        case _:
            assert_never(event)


def grants_on(states: States, entry_id: str) -> frozenset[str]:
    """Return the grants that stand on an entry."""
    state = states.maybe(CatalogUse, use_id(entry_id))
    return state.grants if state else frozenset()


def open_use(
    entry_id: str, provider_id: str, grant_id: str, by: Actor, at: datetime
) -> CatalogUseOpened:
    """Return the event that a grant stands on an entry; save it with the grant's own event."""
    return CatalogUseOpened(
        at=at,
        by=by,
        correlation_id=entry_id,
        use_id=use_id(entry_id),
        entry_id=entry_id,
        provider_id=provider_id,
        grant_id=grant_id,
    )


def close_use(
    states: States, entry_id: str, provider_id: str, grant_id: str, by: Actor, at: datetime
) -> tuple[CatalogUseClosed, ...]:
    """Return the event that a grant ended; empty when it was closed before (ended, then disposed).

    The rule must load `….use_id` of the entry.
    """
    if grant_id not in grants_on(states, entry_id):
        return ()
    closed = CatalogUseClosed(
        at=at,
        by=by,
        correlation_id=entry_id,
        use_id=use_id(entry_id),
        entry_id=entry_id,
        provider_id=provider_id,
        grant_id=grant_id,
    )
    return (closed,)
