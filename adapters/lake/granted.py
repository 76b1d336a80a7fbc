"""What a grant gives to read: the live batches of its entry, in the columns it covers.

Nothing outside the grant leaves: a table is cut to the granted items before it is sent; a file
that cannot be cut is given only to a grant that covers every item of its entry.
"""

from datetime import datetime
from pathlib import Path

import msgspec
import psycopg

from adapters.lake.extract import extract
from adapters.lake.intake import TABLE_TYPES, not_uploaded, specs_of
from adapters.lake.store import PayloadStore
from adapters.tables.items import ItemSpec, carried
from adapters.tables.reading import CSV
from hub.catalog.content import EntryContent
from hub.catalog.kinds import ShareMethod
from hub.convergence.resource import Resource
from hub.errors import Forbidden, NotFound
from hub.sharing.grant import Grant, permits
from projections.batches import BatchRow, live_batches


class GrantedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as a grantee sees it: what is to be fetched under its `sha256`.

    `sha256` names the batch's file; the bytes sent are its extract, whose own digest comes with
    them. `position` is the cursor of the list.
    """

    batch_id: str
    resource_id: str
    entry_id: str
    period: str
    rows: int
    sha256: str
    file_name: str
    content_type: str
    items: tuple[str, ...]
    supersedes: str
    data_version: int
    published_at: datetime | None
    position: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be sent under a grant: where it lies, what it is, whose batch it is."""

    path: Path
    sha256: str
    bytes: int
    rows: int
    content_type: str
    file_name: str
    items: tuple[str, ...]
    batch_id: str
    system: str


def batches(
    connection: psycopg.Connection, grant: Grant, *, after: int = 0, limit: int = 100
) -> list[GrantedBatch]:
    """Return the live batches behind a grant in the order they were delivered."""
    return [
        GrantedBatch(
            batch_id=row.batch_id,
            resource_id=row.resource_id,
            entry_id=row.entry_id,
            period=row.period,
            rows=row.rows,
            sha256=row.sha256,
            file_name=_file_name(row),
            content_type=CSV if row.content_type in TABLE_TYPES else row.content_type,
            items=grant.items,
            supersedes=row.supersedes,
            data_version=row.data_version,
            published_at=row.published_at,
            position=row.position,
        )
        for row in live_batches(connection, grant.entry_id, after=after, limit=limit)
    ]


def batch_of(connection: psycopg.Connection, grant: Grant, sha256: str) -> BatchRow:
    """Return the live batch of the grant's entry whose file has this digest, the newest one.

    Raises NotFound for a file that is no live batch of this entry.
    """
    after, found = 0, None
    while page := live_batches(connection, grant.entry_id, after=after, limit=500):
        found = next((row for row in reversed(page) if row.sha256 == sha256), found)
        after = page[-1].position
    if found is None:
        raise NotFound(
            f"the grant covers no file {sha256}; list its batches and take one of theirs",
            f"该授权下没有文件{sha256}，请从授权批次列表中选取",
            where="sha256",
        )
    return found


def check(grant: Grant, method: ShareMethod, system: str, at: datetime, calls_today: int) -> str:
    """Return the system a reading is for, or refuse a reading outside the grant.

    A grant for one system needs none named. Raises Forbidden.
    """
    chosen = system or (grant.systems[0] if len(grant.systems) == 1 else "")
    items = grant.items
    if items and all(
        permits(grant, item, method, chosen, at, calls_today=calls_today) for item in items
    ):
        return chosen
    quota = grant.calls_per_day_max
    raise Forbidden(
        f"this reading lies outside the grant: it is {grant.status}, from {grant.valid_from} to"
        f" {grant.valid_to}, for {', '.join(grant.methods)} and the systems"
        f" {', '.join(grant.systems)}, {quota or 'any number of'} calls a day;"
        f" asked: {method} for “{chosen}”, call {calls_today + 1}",
        f"该访问超出授权范围：状态{grant.status}，期限{grant.valid_from}至{grant.valid_to}，"
        f"方式{'、'.join(grant.methods)}，系统{'、'.join(grant.systems)}，每日{quota or '不限'}次；"
        f"本次为“{chosen}”以{method}方式第{calls_today + 1}次",
        where="grant_id",
    )


def open_payload(
    store: PayloadStore,
    grant: Grant,
    resource: Resource,
    content: EntryContent,
    batch: BatchRow,
    system: str,
) -> Opened:
    """Return the file to be sent for a batch: the granted columns of it, or the file as it is.

    Call it in a thread, after `check`. Raises Forbidden where a file cannot be cut to the grant.
    """
    specs = carried(specs_of(content), resource.items)
    granted = tuple(spec for spec in specs if spec.name in grant.items)
    if store.size(batch.sha256) is None:
        raise not_uploaded(batch.sha256)
    if batch.content_type in TABLE_TYPES:
        made = extract(store, batch.sha256, batch.content_type, granted)
        sha256, size, rows, kind = made.sha256, made.bytes, made.rows, CSV
    else:
        _require_all(grant, specs)
        sha256, size, rows, kind = batch.sha256, batch.bytes, batch.rows, batch.content_type
    return Opened(
        path=store.path(sha256),
        sha256=sha256,
        bytes=size,
        rows=rows,
        content_type=kind,
        file_name=_file_name(batch),
        items=tuple(spec.name for spec in granted),
        batch_id=batch.batch_id,
        system=system,
    )


def _require_all(grant: Grant, specs: tuple[ItemSpec, ...]) -> None:
    outside = [spec.name for spec in specs if spec.name not in grant.items]
    if outside:
        raise Forbidden(
            f"this file cannot be cut to the granted items and holds “{outside[0]}”, which the"
            " grant does not cover; ask the provider to widen the grant or to deliver a table",
            f"该文件无法按授权信息项裁剪，且含未授权的“{outside[0]}”，请提供方扩大授权或改为库表提供",
            where="sha256",
        )


def _file_name(row: BatchRow) -> str:
    if row.content_type not in TABLE_TYPES:
        return row.file_name
    return f"{Path(row.file_name).stem}.csv"
