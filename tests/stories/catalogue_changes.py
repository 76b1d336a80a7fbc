"""Story: a real change stream of agencies' catalogues, lived through commands with their own times.

    python -m tests.stories.catalogue_changes FILE.jsonl.gz [--home DIR]

Every line adds, changes or removes one dataset of one catalogue. The story sends each as a
command at its own time, sends them all again (nothing may happen), and compares the catalogue as
of 20 dates with a plain fold of the file up to that date.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from adapters.catalogues.candidate import Text
from adapters.catalogues.dcat_us import cycle_of
from adapters.main import bring_up_to_date
from adapters.record.postgres import PostgresRecord
from adapters.seed import SOWER
from adapters.settings import load
from adapters.stack.running import stack_for
from hub.actor import Speaker, Via
from hub.catalog.commands import ImportCatalogEntry, ImportCatalogRemoval
from hub.catalog.content import EntryContent, Item
from hub.catalog.kinds import FormatClass, Grade, ItemType, OpenType, ShareMethod, ShareType
from hub.departments.commands import EstablishAuthority, RegisterOrganization
from hub.errors import NotFound
from hub.execute import Hub, Receipt
from projections.catalogue_versions import CATALOGUE_VERSIONS, in_force_at
from projections.catch_up import catch_up
from projections.connect import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AUTHORITY = "departments.organization:authority"
REVIEWER = Speaker(AUTHORITY, "reviewer", Via.CLI)
REGION = "430100"
WAVE_MAX = 512
"""Changes on their way at once; a wave holds one change of an entry at most, so order is kept."""
CHECKED_DATES = 20


class Change(msgspec.Struct, frozen=True):
    """One line of the stream: `content` is None when the dataset was removed."""

    number: int
    at: datetime
    agency: str
    external_id: str
    content: EntryContent | None

    @property
    def entry_id(self) -> str:
        """The entry the dataset is in the hub."""
        key = hashlib.sha256(f"{self.agency}\0{self.external_id}".encode()).hexdigest()[:32]
        return f"catalog.entry:{key}"


def changes(path: Path) -> list[Change]:
    """Read the stream in the order of its times."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = [_change(number, json.loads(line)) for number, line in enumerate(lines, start=1)]
    return sorted(found, key=lambda change: change.at)


def _change(number: int, line: dict[str, Any]) -> Change:
    at = datetime.fromisoformat(line["ts"]).astimezone(UTC)
    content = None if line["op"] == "removed" else _content(line)
    return Change(number, at, line["agency"], line["id"], content)


def _content(line: dict[str, Any]) -> EntryContent:
    text = Text()
    digest = hashlib.sha256(f"{line['agency']}\0{line['id']}".encode()).digest()
    # Titles repeat inside an agency; the guide wants them unique, so the source's id goes along.
    title = text.take("title", f"{line['title'] or ''} [{line['id']}]", 1_000)
    return EntryContent(
        title=title[:200],
        class_code="301001",
        catalog_code=f"301001/{int.from_bytes(digest[:8]) % 10**12:012d}",
        abstract=f"{line['distributions']} distributions, {line['fields']} fields",
        format_class=FormatClass.SPREADSHEET,
        format="CSV",
        items=(Item(name="whole_dataset", data_type=ItemType.GENERAL, grade=Grade.GENERAL),),
        share_type=ShareType.UNCONDITIONAL,
        share_methods=(ShareMethod.FILE,),
        open_type=OpenType.OPEN,
        open_conditions=text.take("license", line["license"]),
        update_cycle=cycle_of(line["accrualPeriodicity"]),
        grade=Grade.GENERAL,
        has_personal_info=False,
        themes=tuple(dict.fromkeys(text.take("theme", t) for t in line["theme"] or () if t)),
        duty=text.take("publisher", line["publisher"]),
    )


class Story:
    """The replay of one stream on one record."""

    def __init__(self, record: PostgresRecord, digest: str) -> None:
        """`digest` is the SHA-256 of the file, in hex."""
        self.hub = Hub(record)
        self.digest = digest

    async def begin(self, stream: Sequence[Change]) -> None:
        """Found the hub and register the agencies at the time of their first change."""
        at = stream[0].at
        await self.hub.execute(
            EstablishAuthority(
                org_id=AUTHORITY,
                name="政务数据共享主管部门",
                uscc="11430100MB0000001G",
                region_code=REGION,
                head_id=REVIEWER.person_id,
            ),
            SOWER,
            at,
            command_id="story-found",
        )
        for agency in dict.fromkeys(change.agency for change in stream):
            command = RegisterOrganization.model_validate(
                {
                    "org_id": _org(agency),
                    "name": agency,
                    "kind": "other_state_organ",
                    "region_code": REGION,
                }
            )
            await self.hub.execute(command, REVIEWER, at, command_id=f"story-register-{agency}")

    async def live(self, stream: Sequence[Change]) -> tuple[int, int]:
        """Send every change; return how many made events, and how many events they made."""
        told = events = 0
        for wave in _waves(stream):
            for receipt in await asyncio.gather(*(self._send(change) for change in wave)):
                if receipt is not None and not receipt.repeated and receipt.events:
                    told += 1
                    events += len(receipt.events)
        return told, events

    async def _send(self, change: Change) -> Receipt | None:
        source = {
            "name": change.agency,
            "sha256": f"sha256:{self.digest}",
            "external_id": change.external_id,
        }
        fields: dict[str, Any] = {"entry_id": change.entry_id, "source": source}
        command: ImportCatalogEntry | ImportCatalogRemoval
        if change.content is None:
            command = ImportCatalogRemoval.model_validate({**fields, "reason": "removed there"})
        else:
            fields["provider_id"] = _org(change.agency)
            fields["content"] = msgspec.to_builtins(change.content)
            command = ImportCatalogEntry.model_validate(fields)
        try:
            return await self.hub.execute(
                command, REVIEWER, change.at, command_id=f"story-change-{change.number}"
            )
        except NotFound:
            return None  # removed in the stream before it was ever added


def _org(agency: str) -> str:
    return f"departments.organization:{agency}"


def _waves(stream: Sequence[Change]) -> Iterator[list[Change]]:
    wave: list[Change] = []
    held: set[str] = set()
    for change in stream:
        if change.entry_id in held or len(wave) == WAVE_MAX:
            yield wave
            wave, held = [], set()
        wave.append(change)
        held.add(change.entry_id)
    if wave:
        yield wave


def fold(stream: Sequence[Change], until: datetime) -> dict[str, EntryContent]:
    """Return what the file alone says was in the catalogues at a moment."""
    standing: dict[str, EntryContent] = {}
    for change in stream:
        if change.at > until:
            break
        if change.content is None:
            standing.pop(change.entry_id, None)
        else:
            standing[change.entry_id] = change.content
    return standing


def dates(stream: Sequence[Change]) -> list[datetime]:
    """Return moments spread evenly over the stream, its last one included."""
    first, last = stream[0].at, stream[-1].at
    step = (last - first) / CHECKED_DATES
    return [first + step * n for n in range(1, CHECKED_DATES)] + [last + timedelta(seconds=1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Live the story and print what it took; 1 if anything did not come out right."""
    parser = argparse.ArgumentParser(prog="catalogue_changes")
    parser.add_argument("file", type=Path)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args(arguments)
    digest = hashlib.sha256(given.file.read_bytes()).hexdigest()
    stream = changes(given.file)
    with stack_for(load(home=given.home), say) as addresses:
        bring_up_to_date(addresses, say)
        return asyncio.run(_told(addresses.database_url, stream, digest))


async def _told(database_url: str, stream: Sequence[Change], digest: str) -> int:
    async with PostgresRecord(database_url) as record:
        story = Story(record, digest)
        await story.begin(stream)
        started = time.perf_counter()
        told, events = await story.live(stream)
        seconds = time.perf_counter() - started
        say(
            f"{len(stream)} changes, {told} of substance, {events} events in {seconds:.1f} s:"
            f" {len(stream) / seconds:.0f} changes/s, {events / seconds:.0f} events/s"
        )
        started = time.perf_counter()
        _, again = await Story(record, digest).live(stream)
        say(f"the second run made {again} events in {time.perf_counter() - started:.1f} s")
    wrong = compare(database_url, stream)
    return 1 if again or wrong else 0


def compare(database_url: str, stream: Sequence[Change]) -> int:
    """Compare the catalogue as of each date with the fold; return how many dates differ."""
    wrong = 0
    with connect(database_url, purpose="story") as connection:
        catch_up(connection, (CATALOGUE_VERSIONS,))
        for moment in dates(stream):
            expected = {i: msgspec.to_builtins(c) for i, c in fold(stream, moment).items()}
            found = {
                row.entry_id: msgspec.to_builtins(row.content)
                for row in in_force_at(connection, moment, limit=100_000)
            }
            wrong += found != expected
            same = "equal" if found == expected else "DIFFERENT"
            say(f"{moment:%Y-%m-%d %H:%M}  {len(expected):5} entries  {same}")
    return wrong


def say(words: str) -> None:
    """Print a line of the story."""
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main())
