"""Importing a catalogue: every entry of a file is published, drafted, refused or found unchanged.

The authority's reviewer speaks; a provider nobody registered yet is entered in the directory as
a body that joined by agreement. Every command has an id of its own made from the file and the
entry, so that an import broken off goes on where it stopped, and the same file twice does nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from pydantic import ValidationError

from adapters.catalogues.candidate import Candidate
from hub.actor import Speaker
from hub.catalog.commands import ImportCatalogEntry
from hub.catalog.events import CatalogEntryChecked
from hub.catalog.findings import sentences
from hub.codec import decode
from hub.departments.commands import RegisterOrganization
from hub.departments.kinds import OrganizationKind
from hub.errors import Refusal
from hub.execute import Hub, Receipt
from hub.record import Record

AT_ONCE = 64
"""Entries on their way at once: they share the commits of the record."""
_KEY_DIGITS = 32


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one entry, and why if it was not simply published."""

    external_id: str
    title: str
    outcome: str
    reasons: tuple[str, ...] = ()
    entry_id: str = ""


class FileReport(msgspec.Struct, kw_only=True):
    """What became of a file: how many entries of which outcome, and those with reasons."""

    file: str
    entries: int = 0
    published: int = 0
    drafted: list[Outcome] = []
    refused: list[Outcome] = []
    unchanged: int = 0
    altered: list[Outcome] = []

    def count(self, outcome: Outcome) -> None:
        """Enter one outcome."""
        self.entries += 1
        match outcome.outcome:
            case "published":
                self.published += 1
                if outcome.reasons:
                    self.altered.append(outcome)
            case "drafted":
                self.drafted.append(outcome)
            case "unchanged":
                self.unchanged += 1
            case _:
                self.refused.append(outcome)


class Importer:
    """One import: who speaks, when, into which region; `providers` are the known names."""

    def __init__(
        self,
        record: Record,
        by: Speaker,
        at: datetime,
        region_code: str,
        providers: Mapping[str, str],
    ) -> None:
        """Prepare; `providers` maps names and credit codes to organisations' ids."""
        self._record = record
        self._hub = Hub(record)
        self._by = by
        self._at = at
        self._region_code = region_code
        self._providers = dict(providers)

    async def run(
        self, name: str, digest: str, candidates: Sequence[Candidate], done: Callable[[], None]
    ) -> FileReport:
        """Import one file's candidates; `done` is told after each."""
        report = FileReport(file=name)
        for candidate in candidates:
            if not candidate.refusal:
                await self._know(candidate)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(candidate: Candidate) -> Outcome:
            async with gate:
                outcome = await self._take(name, digest, candidate)
            done()
            return outcome

        for outcome in await asyncio.gather(*(one(c) for c in _each_once(candidates))):
            report.count(outcome)
        return report

    async def _know(self, candidate: Candidate) -> None:
        """Register a provider that the directory does not have."""
        known = self._providers.get(candidate.provider_uscc or candidate.provider)
        known = known or self._providers.get(candidate.provider)
        if known is None:
            key = _key("provider", candidate.provider_uscc or candidate.provider)
            known = f"departments.organization:import-{key[:16]}"
            command = RegisterOrganization(
                org_id=known,
                name=candidate.provider,
                kind=OrganizationKind.OTHER_ORGAN,
                uscc=None,
                region_code=self._region_code,
            )
            await self._hub.execute(
                command, self._by, self._at, command_id=f"import-provider-{key}"
            )
        self._providers[candidate.provider] = known

    async def _take(self, name: str, digest: str, candidate: Candidate) -> Outcome:
        if candidate.refusal:
            return _outcome(candidate, "refused", (candidate.refusal,))
        key = _key(candidate.provider, candidate.external_id)
        entry_id = f"catalog.entry:import-{key}"
        try:
            command = ImportCatalogEntry.model_validate(
                {
                    "entry_id": entry_id,
                    "provider_id": self._providers[candidate.provider],
                    "content": msgspec.to_builtins(candidate.content),
                    "source": {
                        "name": name,
                        "sha256": f"sha256:{digest}",
                        "external_id": candidate.external_id,
                    },
                }
            )
            receipt = await self._hub.execute(
                command, self._by, self._at, command_id=f"import-{digest[:16]}-{key}"
            )
        except ValidationError as error:
            return _outcome(candidate, "refused", tuple(_words(error)))
        except Refusal as refusal:
            return _outcome(candidate, "refused", (refusal.en,))
        if receipt.repeated or not receipt.events:
            return _outcome(candidate, "unchanged", (), entry_id)
        if any(event.topic == "catalog.entry.published" for event in receipt.events):
            return _outcome(candidate, "published", candidate.reasons, entry_id)
        reasons = (*await self._findings(receipt), *candidate.reasons)
        return _outcome(candidate, "drafted", reasons, entry_id)

    async def _findings(self, receipt: Receipt) -> list[str]:
        """Return what the machine check found, from the record itself."""
        found = await self._record.find(receipt.command_id)
        events = found.events if found is not None else ()
        checked = [decode(e.topic, e.schema_version, e.state) for e in events]
        return [
            sentences((finding,))[0]
            for event in checked
            if isinstance(event, CatalogEntryChecked)
            for finding in event.findings
        ]


def _each_once(candidates: Sequence[Candidate]) -> Iterable[Candidate]:
    """Refuse the second of two entries that carry one identifier of one provider."""
    seen: set[tuple[str, str]] = set()
    for candidate in candidates:
        key = (candidate.provider, candidate.external_id)
        if key in seen and not candidate.refusal:
            sentence = f"identifier: “{candidate.external_id}” stands twice in the file"
            yield msgspec.structs.replace(candidate, refusal=sentence)
        else:
            seen.add(key)
            yield candidate


def _key(*words: str) -> str:
    """Return a key of the same words that stays the same for ever."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:_KEY_DIGITS]


def _outcome(
    candidate: Candidate, outcome: str, reasons: tuple[str, ...], entry_id: str = ""
) -> Outcome:
    return Outcome(
        external_id=candidate.external_id,
        title=candidate.title,
        outcome=outcome,
        reasons=reasons,
        entry_id=entry_id,
    )


def _words(error: ValidationError) -> Iterable[str]:
    for fault in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in fault["loc"])
        yield f"{where}: {fault['msg']}"
