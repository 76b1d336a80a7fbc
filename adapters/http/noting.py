"""What an auditor reads is written down: each answer with its digest, each past he looks at."""

import hashlib
from collections.abc import Sequence

from starlette.datastructures import URL
from uuid_utils import uuid7

from adapters.http.desk import Desk
from adapters.http.standing import Reader
from hub.supervision.commands import RecordAuditExport, RecordReplayRun
from projections.pasts import Past

_PATH_MAX = 1_900


async def note_read(
    desk: Desk, reader: Reader, address: URL, rows: int, body: bytes, pasts: Sequence[Past]
) -> None:
    """Record that an answer was taken; it is sent only once this is recorded.

    Raises the refusals of RecordAuditExport: whoever may not read now gets no answer.
    """
    for past in pasts:
        await _note_replay(desk, reader, past)
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    path = f"{address.path}?{address.query}".rstrip("?")[:_PATH_MAX]
    command = RecordAuditExport(
        audit_id=reader.engagement_id, query=f"GET {path}", rows=rows, sha256=digest
    )
    command_id = f"audit-read-{uuid7()}"
    await desk.hub.execute(command, reader.speaker, desk.clock(), command_id=command_id)


async def _note_replay(desk: Desk, reader: Reader, past: Past) -> None:
    """Record that he looked at this past: once for each person, engagement and state of it."""
    if not past.last_position:
        return  # nothing had happened by then
    known = f"{reader.engagement_id} {reader.speaker.person_id} {past.schema_name}"
    digest = hashlib.sha256(f"{known} {past.last_position}".encode()).hexdigest()
    command = RecordReplayRun(
        audit_id=reader.engagement_id,
        until_position=past.last_position,
        purpose=past.schema_name,
    )
    command_id = f"audit-replay-{digest}"
    await desk.hub.execute(command, reader.speaker, desk.clock(), command_id=command_id)
