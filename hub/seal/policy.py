"""Witness policies (C2SP tlog-policy): whose cosignatures make a checkpoint witnessed.

log shuqiao/city+…
witness audit-office audit.city+… https://witness.audit.example/
witness civil civil.city+…
witness tax tax.city+…
group departments any civil tax
group all-sides all audit-office departments
quorum all-sides
"""

from collections.abc import Mapping
from typing import NamedTuple

from hub.seal.note import (
    COSIGNATURE,
    Note,
    NoteError,
    VerifierKey,
    Verify,
    cosigned_at,
    signature_of,
)

NONE = "none"
LINES_MAX = 10_000


class Witness(NamedTuple):
    """A witness: its key, and where checkpoints can be brought to it (empty: it fetches them)."""

    key: VerifierKey
    url: str = ""


class Group(NamedTuple):
    """A group counts as one witness when `needed` of its members have signed."""

    needed: int
    members: tuple[str, ...]


class Policy(NamedTuple):
    """Logs that are trusted, witnesses by name, groups by name, and the name of the quorum."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, Witness]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy file; raises NoteError with the line that is wrong."""
        draft = _Draft()
        for number, line in enumerate(text.split("\n")[:LINES_MAX], 1):
            words = line.split()
            if words and not words[0].startswith("#"):
                try:
                    draft.take(words)
                except NoteError as error:
                    raise NoteError(f"line {number} of the policy: {error}") from error
        if draft.quorum is None:
            raise NoteError("the policy has no line “quorum”; write “quorum none” for no witness")
        return cls(tuple(draft.logs), draft.witnesses, draft.groups, draft.quorum)

    @property
    def needs_witnesses(self) -> bool:
        """Say whether this policy asks for any cosignature at all."""
        return self.quorum != NONE

    def seen_by(self, note: Note, verify: Verify) -> dict[str, int]:
        """Return the witnesses that cosigned a checkpoint, each with its time (POSIX seconds)."""
        found = {
            name: signature_of(note, witness.key, verify)
            for name, witness in self.witnesses.items()
        }
        return {name: cosigned_at(each) for name, each in found.items() if each is not None}

    def witnessed(self, note: Note, verify: Verify) -> bool:
        """Say whether enough witnesses cosigned a checkpoint; without a quorum nobody has to."""
        return not self.needs_witnesses or self.met(set(self.seen_by(note, verify)))

    def met(self, signed: set[str]) -> bool:
        """Say whether these witnesses are enough."""
        return self._counts(self.quorum, signed)

    def _counts(self, name: str, signed: set[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in signed
        return sum(self._counts(each, signed) for each in group.members) >= group.needed


class _Draft:
    """A policy while its lines are read: each line may only name what stands above it."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self._log(VerifierKey.parse(key))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._witness(name, Witness(VerifierKey.parse(key), "".join(url)))
            case ["group", name, needed, *members] if members:
                self._group(name, needed, members)
            case ["quorum", name] if self.quorum is None:
                self.quorum = name if name == NONE else self._known(name)
            case ["quorum", _]:
                raise NoteError("there is one line “quorum” only")
            case _:
                raise NoteError(
                    f"“{words[0]}” with {len(words) - 1} words is none of log KEY [URL],"
                    " witness NAME KEY [URL], group NAME K MEMBER…, quorum NAME"
                )

    def _log(self, key: VerifierKey) -> None:
        if key.kind == COSIGNATURE:
            raise NoteError(f"the key of {key.name} is a witness's key, not a log's")
        if any(key.public == each.public for each in self.logs):
            raise NoteError(f"the key of {key.name} stands there twice")
        self.logs.append(key)

    def _witness(self, name: str, witness: Witness) -> None:
        self._new(name)
        if witness.key.kind != COSIGNATURE:
            raise NoteError(f"the key of {name} is not one for cosignatures (kind 04)")
        if any(witness.key.public == each.key.public for each in self.witnesses.values()):
            raise NoteError(f"the key of {name} is another witness's too; one person, one vote")
        self.witnesses[name] = witness

    def _group(self, name: str, needed: str, members: list[str]) -> None:
        self._new(name)
        for each in members:
            if self._known(each) in self._members:
                raise NoteError(f"{each} is a member already; it counts once")
            self._members.add(each)
        count = {"any": "1", "all": str(len(members))}.get(needed, needed)
        number = int(count) if count.isascii() and count.isdigit() and len(count) < 6 else 0  # noqa: PLR2004 - below a million
        if not 1 <= number <= len(members):
            raise NoteError(f"{needed} of {len(members)} members cannot be; say any, all or 1 to n")
        self.groups[name] = Group(number, tuple(members))

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise NoteError(f"the name {name} is taken")

    def _known(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise NoteError(f"{name} is not named in a line above")
        return name
