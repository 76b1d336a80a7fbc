"""Personal text 个人信息: what a command carries as text, an event only as a commitment.

A commitment is `personal:sha256:` and the SHA-256 of a secret salt and the text. It stands in the
record for good and proves what was said; who loses the salt can neither read nor guess it
(PIPL §47; DOMAIN §3.1 rule 3). The edge exchanges text for commitments before the hub decides,
and keeps text and salt where they can be erased; the hub refuses a command that was not exchanged.
"""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from pydantic import BeforeValidator, Field

from hub.command import Command, clean
from hub.errors import Invalid

PREFIX = "personal:sha256:"
"""How a commitment begins; 64 hex digits follow."""
_COMMITMENT = re.compile(re.escape(PREFIX) + "[0-9a-f]{64}")
C = TypeVar("C", bound=Command)

PersonalLine = Annotated[str, BeforeValidator(clean), Field(max_length=200)]
"""A name, a telephone number, an address of a person; empty where none is given."""
PersonalNote = Annotated[str, BeforeValidator(clean), Field(max_length=4000)]
"""Free text that describes a person; empty where none is given."""
CitizenId = Annotated[
    str, Field(pattern=r"^citizen:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
"""The key of a citizen, `citizen:` and a random uuid: no number of the person fits in here."""
SubjectId = Annotated[
    str,
    Field(
        pattern=r"^(person:[a-z0-9][a-z0-9._-]{1,79}"
        r"|citizen:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
    ),
]
"""Whom personal data is about: `person:` and the person's key, or a citizen's key."""


class Personal(msgspec.Struct, frozen=True):
    """Marks a command's text as personal: the fields beside it that say about whom and whose.

    `subject` holds the person's key or the citizen's, `holder` the organisation that keeps it.
    """

    subject: str
    holder: str


class PersonalText(msgspec.Struct, frozen=True):
    """One personal text of a command: its field, about whom it is, which organisation keeps it."""

    field: str
    subject_id: str
    holder_id: str
    text: str


Commitment = Annotated[str, msgspec.Meta(extra={"personal": True})]
"""What an event and a row hold in place of personal text; empty where none was given."""


class PlaintextError(Exception):
    """A command came to the hub with personal text in it: a fault of ours, never of its sender."""


def commitment(salt: bytes, text: str) -> str:
    """Return what stands in the record for a text."""
    return PREFIX + sha256(salt + text.encode()).hexdigest()


def is_commitment(text: str) -> bool:
    """Say whether a text has the form of a commitment."""
    return _COMMITMENT.fullmatch(text) is not None


def subject_of(key: str) -> str:
    """Return the subject behind a key: a person's has no kind in front, a citizen's has."""
    return key if ":" in key else f"person:{key}"


@cache
def fields_of(command: type[Command]) -> dict[str, Personal]:
    """Return which fields of a command hold personal text."""
    return {
        name: mark
        for name, field in command.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Personal)
    }


def texts(command: Command) -> tuple[PersonalText, ...]:
    """Return the personal texts a command carries; raises Invalid where it is not said of whom."""
    found = []
    for name, mark in fields_of(type(command)).items():
        text = getattr(command, name)
        if not text:
            continue
        key = getattr(command, mark.subject)
        if not key:
            raise Invalid(
                f"{name} speaks of a person; say of whom in {mark.subject}",
                f"{name}涉及个人信息，请在{mark.subject}中写明所涉人员的标识",
                where=mark.subject,
            )
        found.append(PersonalText(name, subject_of(key), getattr(command, mark.holder), text))
    return tuple(found)


def exchanged(command: C, commitments: Mapping[str, str]) -> C:
    """Return the command with commitments, by field, in the place of its personal texts."""
    return command.model_copy(update=dict(commitments))


def require_exchanged(command: Command) -> None:
    """Fail on a command whose personal text was not exchanged; the text itself is not said."""
    for name in fields_of(type(command)):
        text = getattr(command, name)
        if text and not is_commitment(text):
            raise PlaintextError(
                f"{type(command).__name__}.{name} holds personal text; the edge must exchange it"
            )


@cache
def commitments_in(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return which fields of an event or a row hold commitments."""
    return tuple(
        field.name for field in msgspec.structs.fields(kind) if _is_commitment_type(field.type)
    )


def _is_commitment_type(kind: Any) -> bool:
    if get_origin(kind) is not Annotated:
        return False
    return any(
        isinstance(each, msgspec.Meta) and bool((each.extra or {}).get("personal"))
        for each in get_args(kind)[1:]
    )
