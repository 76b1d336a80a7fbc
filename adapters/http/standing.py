"""How organisations stand now, folded from the record: who may read what is decided on this.

The same facts as the write side's, so an officer appointed a moment ago can read at once and one
relieved cannot; what was folded before is kept and only newer events are loaded.
"""

from collections.abc import Iterable

import msgspec

from hub.actor import Role, Speaker
from hub.codec import decode
from hub.departments.events import OrganizationEvents
from hub.departments.organization import Organization, evolve
from hub.errors import NotFound
from hub.permit import held_roles
from hub.record import Record

KEPT_MAX = 5_000


class Reader(msgspec.Struct, frozen=True):
    """A speaker who wants to read: his organisation as it stands and the roles he holds."""

    speaker: Speaker
    home: Organization | None
    roles: frozenset[Role]

    @property
    def org_id(self) -> str:
        """Return the organisation he reads for."""
        return self.speaker.org_id


class Standings:
    """Organisations by id, as the record has them at this moment."""

    def __init__(self, record: Record) -> None:
        """Read from this record."""
        self._record = record
        self._kept: dict[str, tuple[int, Organization]] = {}

    async def of(self, org_ids: Iterable[str]) -> dict[str, Organization]:
        """Return these organisations; an id the record does not know is left out."""
        wanted = {i for i in org_ids if i.startswith(f"{Organization.STREAM}:")}
        folded: dict[str, tuple[int, Organization | None]] = {
            i: self._kept.get(i, (0, None)) for i in wanted
        }
        if not wanted:
            return {}
        for recorded in await self._record.load({i: v for i, (v, _) in folded.items()}):
            event = decode(recorded.topic, recorded.schema_version, recorded.state)
            version, state = folded[recorded.stream_id]
            if recorded.version == version + 1:
                assert isinstance(event, OrganizationEvents), "its stream holds nothing else"
                folded[recorded.stream_id] = (recorded.version, evolve(state, event))
        if len(self._kept) > KEPT_MAX:
            self._kept.clear()
        self._kept |= {i: (v, s) for i, (v, s) in folded.items() if s is not None}
        return {i: s for i, (_, s) in folded.items() if s is not None}

    async def the(self, org_id: str) -> Organization:
        """Return one organisation; raises NotFound."""
        found = (await self.of([org_id])).get(org_id)
        if found is None:
            raise NotFound(
                f"there is no organisation “{org_id}”", f"不存在机构“{org_id}”", where="org_id"
            )
        return found

    async def reader(self, speaker: Speaker) -> Reader:
        """Return a speaker with the roles he holds now."""
        home = None if speaker.standing else (await self.of([speaker.org_id])).get(speaker.org_id)
        return Reader(speaker, home, held_roles(speaker, home))
