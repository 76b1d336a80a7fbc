"""How organisations and engagements stand now: who may read what is decided on this.

The same facts as the write side's, folded from the record, so an officer appointed a moment ago
can read at once and one relieved cannot; what was folded before is kept, only newer events load.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from hub.actor import Role, Speaker
from hub.codec import decode
from hub.departments.organization import Organization
from hub.errors import NotFound
from hub.execute import evolve
from hub.permit import held_roles
from hub.record import Record, Recorded, RecordUnavailable
from hub.state import State
from hub.supervision.audit import AuditEngagement

KEPT_MAX = 5_000
READ_SECONDS_MAX = 5.0
S = TypeVar("S", bound=State)


class Reader(msgspec.Struct, frozen=True):
    """A speaker who wants to read: his organisation as it stands and the roles he holds.

    `engagement` is the audit he reads under, when he names one.
    """

    speaker: Speaker
    home: Organization | None
    roles: frozenset[Role]
    engagement_id: str = ""
    engagement: AuditEngagement | None = None

    @property
    def org_id(self) -> str:
        """Return the organisation he reads for."""
        return self.speaker.org_id


class Standings:
    """States by stream id, as the record has them at this moment."""

    def __init__(self, record: Record) -> None:
        """Read from this record."""
        self._record = record
        self._kept: dict[str, tuple[int, State | None]] = {}

    async def of(self, kind: type[S], stream_ids: Iterable[str]) -> dict[str, S]:
        """Return these states; an id that is of another kind or not recorded is left out."""
        wanted = {each for each in stream_ids if each.startswith(f"{kind.STREAM}:")}
        folded = {each: self._kept.get(each, (0, None)) for each in wanted}
        since = {each: version for each, (version, _) in folded.items()}
        for recorded in await self._load(since) if since else ():
            event = decode(recorded.topic, recorded.schema_version, recorded.state)
            version, state = folded[recorded.stream_id]
            if recorded.version == version + 1:
                folded[recorded.stream_id] = (recorded.version, evolve(state, event))
        if len(self._kept) > KEPT_MAX:
            self._kept.clear()
        for each, held in folded.items():
            if held[0] > self._kept.get(each, (0, None))[0]:  # another reader may have been faster
                self._kept[each] = held
        return {each: state for each, (_, state) in folded.items() if isinstance(state, kind)}

    async def _load(self, since: dict[str, int]) -> Sequence[Recorded]:
        """Load as the write side does, but wait for a lost database only as long as a reader would.

        The question to the record is left to end by itself: others may share its answer.
        """
        asking = asyncio.ensure_future(self._record.load(since))
        asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.wait({asking}, timeout=READ_SECONDS_MAX)
        if not asking.done():
            raise RecordUnavailable("the database does not answer now; ask again in a moment")
        return asking.result()

    async def the(self, kind: type[S], stream_id: str) -> S:
        """Return one state; raises NotFound."""
        found = (await self.of(kind, [stream_id])).get(stream_id)
        if found is None:
            raise NotFound(
                f"there is no {kind.STREAM} “{stream_id}”; check the id",
                f"不存在“{stream_id}”，请核对标识",
                where=stream_id,
            )
        return found

    async def reader(self, speaker: Speaker, engagement_id: str = "") -> Reader:
        """Return a speaker with the roles he holds now; raises NotFound for no engagement."""
        home = None
        if speaker.standing is None:
            home = (await self.of(Organization, [speaker.org_id])).get(speaker.org_id)
        engagement = await self.the(AuditEngagement, engagement_id) if engagement_id else None
        return Reader(speaker, home, held_roles(speaker, home), engagement_id, engagement)
