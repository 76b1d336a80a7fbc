"""视图核对 `python -m adapters.drift`: are the views what the record says? If not, an incident.

The follower starts it once a night in a process of its own, so that neither projections nor the
clock wait for it; `hub drift` does the same on demand. A difference becomes an incident that names
the rows (Decree 809 §35); it is mended with `hub rebuild`, by somebody who has looked why.
"""

import asyncio
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from itertools import zip_longest

import psycopg

from adapters.archive.door import hand_in
from adapters.clock import RecordedTime, wall_clock
from adapters.record.postgres import PostgresRecord
from adapters.settings import Settings, load
from adapters.wish import Say, wish_id
from hub import actor
from hub.codec import decode
from hub.departments.calendar import CHINA, local_day
from hub.departments.events import HubFounded
from hub.errors import Refusal
from hub.execute import Hub
from hub.record import Overloaded, RecordUnavailable, Unrecordable
from hub.security.commands import DetectIncident
from hub.security.kinds import IncidentKind
from projections.catch_up import Progress
from projections.connect import connect
from projections.drift import Compared, Drifted, NotComparable, compare
from projections.reader import stream

FOUNDING = "departments.founding:city"
DETAILS_MAX, DETAIL_CHARACTERS_MAX = 200, 250
DETAILS_BYTES_MAX = 40_000
"""An event holds 64 KiB, quotes and backslashes count twice."""
COMMAND = (sys.executable, "-m", "adapters.drift")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_HOWS = {"missing": "缺失 missing", "surplus": "多出 surplus", "changed": "不符 changed"}


def main() -> None:
    """Compare once and record what differs; exit 1 where something does."""
    settings = load()
    if settings.database_url is None:
        sys.exit("HUB_DATABASE_URL is not set: whose views are to be compared?")
    hand_in(settings)
    url = settings.database_url.get_secret_value()
    try:
        found = asyncio.run(check(url, settings, print))
    except (NotComparable, RecordUnavailable, psycopg.Error) as error:
        sys.exit(f"the views were not compared: {str(error).strip()}")
    sys.exit(1 if found.differing else 0)


async def check(
    url: str, settings: Settings, say: Say, *, progress: Progress | None = None
) -> Compared:
    """Compare views and record; where they differ, record the incident and return the rows.

    Raises NotComparable when the comparison could not be made, RecordUnavailable when what was
    found could not be recorded.
    """
    found = await asyncio.to_thread(compare, url, progress=progress)
    for name in found.left_out:
        say(f"{name} was not compared: it stands still, or cannot be built anew; `hub status`")
    if found.differing:
        with connect(url, purpose="drift") as connection:
            now = (RecordedTime() if settings.history_import else wall_clock)(connection)
            command = incident_of(found, _authority(connection), now)
        await _record(url, command, now, found)
        say(f"{found.differing} rows differ; the incident is {command.incident_id}")
    return found


async def _record(url: str, command: DetectIncident, at: datetime, found: Compared) -> None:
    """Record an incident; a repetition finds it recorded. Raises RecordUnavailable."""
    command_id = wish_id(f"drift {command.incident_id}")
    try:
        async with PostgresRecord(url) as record:
            await Hub(record).execute(command, actor.CLOCK, at, command_id=command_id)
    except (Refusal, Overloaded, Unrecordable, RecordUnavailable) as error:
        raise RecordUnavailable(
            f"{found.differing} rows differ, but the incident could not be recorded ({error}); run"
            " `hub drift` again"
        ) from error


def incident_of(found: Compared, org_id: str, at: datetime) -> DetectIncident:
    """Return the command that records what differs, naming as many rows as an event can hold."""
    lines = _that_fit(_line(one) for one in _by_turns(found.named))
    # The rows are in the id: nobody can take it beforehand, and other rows are another incident.
    day = f"{at.astimezone(CHINA):%Y%m%d}"
    what = sha256("\n".join(lines).encode()).hexdigest()[:8]
    views = sorted({one.view for one in found.named})
    return DetectIncident(
        incident_id=f"security.incident:drift-{day}-{found.position}-{what}",
        org_id=org_id,
        kind=IncidentKind.VIEW_DRIFT,
        title=f"{found.differing}行视图数据与卷宗不一致",
        description=(
            f"在位置{found.position}处由卷宗重新生成视图并逐行比对，"
            f"不一致的视图：{'、'.join(views)}，以下列出{len(lines)}行。"
            "请查明原因后执行 hub rebuild。"
        ),
        details=tuple(lines),
    )


def _by_turns(named: Sequence[Drifted]) -> list[Drifted]:
    """Return the rows one of each view in turn: a view with many hides none with few."""
    views: dict[str, list[Drifted]] = defaultdict(list)
    for one in named:
        views[one.view].append(one)
    return [one for some in zip_longest(*views.values()) for one in some if one is not None]


def _that_fit(lines: Iterable[str]) -> list[str]:
    """Return the first lines, as many as one event holds."""
    fitting: list[str] = []
    left = DETAILS_BYTES_MAX
    for line in lines:
        left -= len(line.encode())
        if left < 0 or len(fitting) == DETAILS_MAX:
            break
        fitting.append(line)
    return fitting


def _line(one: Drifted) -> str:
    """Return a line that an event takes, whatever somebody wrote into a key."""
    how = f" {_HOWS[one.how]}"
    key = _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", one.key)
    return f"{one.view} {key}"[: DETAIL_CHARACTERS_MAX - len(how)] + how


class Nightly:
    """Starts the comparison once a day at the hour set; a hub that slept then does it on waking."""

    def __init__(self, at: time, say: Say, *, now: Callable[[], datetime]) -> None:
        """Keep the hour in China; the first night is the one to come."""
        self._at = at
        self._say = say
        self._now = now
        self._done = self._due(now())
        self._running: asyncio.subprocess.Process | None = None

    async def tick(self) -> None:
        """Start the comparison when its hour has come, and say how the last one ended."""
        if self._running is not None and self._running.returncode is not None:
            self._say(f"the comparison of views ended with code {self._running.returncode}")
            self._running = None
        due = self._due(self._now())
        if due <= self._done or self._running is not None:
            return
        self._done = due
        self._running = await asyncio.create_subprocess_exec(*COMMAND)

    async def ended(self) -> None:
        """Wait for a comparison that is under way."""
        if self._running is not None:
            await self._running.wait()

    async def stop(self) -> None:
        """End a comparison that is under way; nothing is lost by it."""
        if self._running is not None and self._running.returncode is None:
            self._running.terminate()
            await self.ended()

    def _due(self, now: datetime) -> date:
        """Return the last day whose hour has come."""
        day = local_day(now)
        passed = now.astimezone(CHINA).time() >= self._at
        return day if passed else day - timedelta(days=1)


def _authority(connection: psycopg.Connection) -> str:
    """Return the organisation that runs the hub: who founded it answers for its views."""
    for recorded in stream(connection, FOUNDING):
        event = decode(recorded.topic, recorded.schema_version, recorded.state)
        if isinstance(event, HubFounded):
            return event.authority_id
    raise NotComparable("the hub is not founded yet (`hub init`); there is nothing to compare")


if __name__ == "__main__":
    main()
