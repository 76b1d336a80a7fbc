"""Intake: a delivered file is read before the hub decides on its delivery.

What a sender says of his own file is the manifest; what the hub found is attached here and
nowhere else: a body that brings a `verification` of its own is refused.
"""

import psycopg

from adapters.lake.store import Manifest, PayloadStore
from adapters.tables.checking import FINDINGS_MAX, Report, check_file
from adapters.tables.items import ItemSpec, carried
from adapters.tables.reading import CSV, XLSX
from hub.catalog.content import EntryContent
from hub.catalog.kinds import ItemType
from hub.convergence.commands import CheckResult, DeliverBatch, FindingResult, Verification
from hub.convergence.kinds import CheckRule
from hub.convergence.resource import Resource
from hub.errors import Conflict, Invalid

TABLE_TYPES = frozenset({CSV, XLSX})
"""Content types that are read as tables; anything else is kept as it came."""


def note_upload(
    connection: psycopg.Connection, sha256: str, org_id: str, person_id: str, size: int
) -> None:
    """Write down that an organisation sent these bytes; the second time changes nothing."""
    connection.execute(
        """
        INSERT INTO desk.payloads (sha256, org_id, person_id, bytes)
        VALUES (%s, %s, %s, %s)
            ON CONFLICT DO NOTHING
        """,
        (sha256, org_id, person_id, size),
    )


def was_uploaded(connection: psycopg.Connection, sha256: str, org_id: str) -> bool:
    """Say whether an organisation has sent these bytes."""
    found = connection.execute(
        """
        SELECT true
          FROM desk.payloads
         WHERE sha256 = %s
           AND org_id = %s
        """,
        (sha256, org_id),
    ).fetchone()
    return found is not None


def check_unverified(command: DeliverBatch) -> None:
    """Refuse a delivery that brings its own verification."""
    if command.verification is not None:
        raise Invalid(
            "verification is what the hub itself found; leave it out",
            "verification由平台自行校验生成，请勿填写",
            where="verification",
        )


def not_uploaded(sha256: str) -> Conflict:
    """Return the refusal of a delivery whose file the sender has not uploaded."""
    return Conflict(
        f"you have not uploaded the file {sha256}; PUT it first, then deliver it",
        f"尚未上传文件{sha256}，请先上传再报送",
        where="sha256",
    )


def verified(
    store: PayloadStore, command: DeliverBatch, resource: Resource, content: EntryContent
) -> DeliverBatch:
    """Read the file of a delivery and attach what was found; takes seconds for a million rows.

    Call it in a thread, after `was_uploaded`. Raises Conflict when the file is not in the store.
    """
    size = store.size(command.sha256)
    if size is None:
        raise not_uploaded(command.sha256)
    if command.content_type not in TABLE_TYPES:
        found = _unread(command, size)
    else:
        specs = carried(specs_of(content), resource.items)
        report = check_file(store.path(command.sha256), command.content_type, specs)
        found = _read(command, size, report)
        store.describe(
            Manifest(command.sha256, size, report.rows, command.content_type, report.encoding)
        )
    return command.model_copy(update={"verification": found})


def specs_of(content: EntryContent) -> tuple[ItemSpec, ...]:
    """Return the columns expected by an entry's items."""
    return tuple(
        ItemSpec(
            name=item.name,
            title=item.title,
            data_type=item.data_type or ItemType.CHARACTER,
            length=item.length,
            is_key=item.is_key,
        )
        for item in content.items
    )


def _read(command: DeliverBatch, size: int, report: Report) -> Verification:
    return Verification(
        rows=report.rows,
        bytes=size,
        sha256=command.sha256,
        checks=tuple(CheckResult.model_validate(line) for line in report.checks()),
        findings=tuple(
            FindingResult.model_validate(line) for line in report.findings()[:FINDINGS_MAX]
        ),
    )


def _unread(command: DeliverBatch, size: int) -> Verification:
    """A document or image has no rows to check; its manifest's count stands."""
    return Verification(
        rows=command.rows,
        bytes=size,
        sha256=command.sha256,
        checks=(CheckResult(rule=CheckRule.BYTES, checked=1, failed=0),),
    )
