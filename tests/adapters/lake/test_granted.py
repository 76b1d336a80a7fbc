"""Nothing outside a grant leaves the lake, and every reading is written down."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from adapters.lake import granted, intake, meter
from adapters.lake.extract import extract
from adapters.lake.store import PayloadStore
from adapters.tables.reading import CSV, XLSX
from hub.catalog.content import EntryContent, Item
from hub.catalog.kinds import ItemType, ShareMethod
from hub.convergence.commands import DeliverBatch
from hub.convergence.kinds import BatchStatus, CheckRule
from hub.convergence.resource import Resource
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.sharing.grant import Grant, Stretch
from hub.sharing.kinds import GrantStatus
from projections.batches import BATCHES, BatchRow
from projections.connect import connect
from tests.adapters.tables.files import GOOD, HEADER, workbook
from tests.hub.convergence.world import ENTRY, TABLE, noon
from tests.projections.convergence.life import Life
from tests.projections.kit import Given

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers import Database

AT = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
CONTENT = EntryContent(
    title="出生登记",
    items=(
        Item(name="zjh", title="证号", data_type=ItemType.CHARACTER, length=18, is_key=True),
        Item(name="姓名", data_type=ItemType.CHARACTER, length=4, sensitive=True),
        Item(name="日期", data_type=ItemType.DATE),
        Item(name="金额", data_type=ItemType.MONEY),
    ),
)
RESOURCE = Resource(
    entry_id=ENTRY,
    provider_id="departments.organization:civil",
    kind=ShareMethod.TABLE,
    title="出生登记表",
    locator="",
    items=(),
)
GRANT = Grant(
    grant_id="sharing.grant:g1",
    request_id="sharing.request:r1",
    entry_id=ENTRY,
    requester_id="departments.organization:tax",
    provider_id="departments.organization:civil",
    status=GrantStatus.ACTIVE,
    items=("日期", "zjh"),
    methods=(ShareMethod.TABLE,),
    systems=("综合窗口",),
    valid_from=date(2026, 3, 1),
    valid_to=date(2026, 12, 31),
    calls_per_day_max=3,
    usable=(Stretch(date(2026, 3, 1)),),
)


@pytest.fixture
def store(tmp_path: Path) -> PayloadStore:
    return PayloadStore(tmp_path / "lake")


@pytest.fixture
def desk(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


def kept(store: PayloadStore, text: str = GOOD, encoding: str = "gb18030") -> str:
    data = text.encode(encoding)
    return store.make(lambda file: file.write(data))[0]


def batch(sha256: str, content_type: str = CSV, file_name: str = "births.csv") -> BatchRow:
    return BatchRow(
        batch_id="convergence.batch:b1",
        resource_id=TABLE,
        entry_id=ENTRY,
        provider_id=RESOURCE.provider_id,
        period="2026-03",
        rows=3,
        bytes=10,
        sha256=sha256,
        file_name=file_name,
        content_type=content_type,
        standard_version="1",
        supersedes="",
        status=BatchStatus.LIVE,
        version=5,
        delivered_at=AT,
        delivered_by="civil.adapter",
        position=1,
    )


def delivery(sha256: str, content_type: str = CSV, rows: int = 3) -> DeliverBatch:
    return DeliverBatch(
        resource_id=TABLE,
        period="2026-03",
        rows=rows,
        bytes=10,
        sha256=sha256,
        file_name="births.csv",
        content_type=content_type,
    )


def test_a_delivery_is_read_by_the_hub_itself(store: PayloadStore) -> None:
    checked = intake.verified(store, delivery(kept(store)), RESOURCE, CONTENT).verification
    assert checked is not None
    assert (checked.rows, [c.rule for c in checked.checks if c.failed]) == (3, [])
    bad = intake.verified(store, delivery(kept(store, HEADER + "A1,张三,x,1\n")), RESOURCE, CONTENT)
    assert bad.verification is not None
    [finding] = bad.verification.findings
    assert (finding.rule, finding.item, finding.rows) == (CheckRule.TYPE, "日期", (2,))


def test_the_manifest_beside_a_payload_knows_its_rows(store: PayloadStore) -> None:
    sha256 = kept(store)
    intake.verified(store, delivery(sha256), RESOURCE, CONTENT)
    manifest = store.manifest(sha256)
    assert manifest is not None
    assert (manifest.rows, manifest.encoding) == (3, "gb18030")


def test_a_document_is_kept_as_it_came(store: PayloadStore) -> None:
    command = intake.verified(
        store, delivery(kept(store), "application/pdf", rows=1), RESOURCE, CONTENT
    )
    assert command.verification is not None
    assert command.verification.rows == 1


def test_nobody_delivers_what_is_not_here_or_brings_his_own_verdict(store: PayloadStore) -> None:
    with pytest.raises(Conflict, match="PUT it first"):
        intake.verified(store, delivery(f"sha256:{'0' * 64}"), RESOURCE, CONTENT)
    own = intake.verified(store, delivery(kept(store)), RESOURCE, CONTENT)
    with pytest.raises(Invalid, match="leave it out"):
        intake.check_unverified(own)


def test_a_digest_alone_does_not_make_a_file_ones_own(desk: psycopg.Connection) -> None:
    digest = f"sha256:{'a' * 64}"
    intake.note_upload(desk, digest, "departments.organization:civil", "civil.adapter", 10)
    intake.note_upload(desk, digest, "departments.organization:civil", "civil.adapter", 10)
    assert intake.was_uploaded(desk, digest, "departments.organization:civil")
    assert not intake.was_uploaded(desk, digest, "departments.organization:tax")


def test_only_granted_columns_leave(store: PayloadStore) -> None:
    sha256 = kept(store)
    opened = granted.open_payload(store, GRANT, RESOURCE, CONTENT, batch(sha256), "综合窗口")
    text = opened.path.read_text(encoding="utf-8")
    assert text == "zjh,日期\nA1,2026-03-01\nA2,20260302\nA3,2026/03/03\n"
    assert (opened.rows, opened.bytes) == (3, len(text.encode()))
    assert opened.items == ("zjh", "日期")
    assert opened.sha256 != sha256


def test_days_of_a_workbook_leave_without_a_time_of_day(
    store: PayloadStore, tmp_path: Path
) -> None:
    march = datetime(2026, 3, 1)  # noqa: DTZ001 - a sheet knows no zone
    book = workbook(tmp_path, [["zjh", "姓名", "日期", "金额"], ["A1", "张三", march, 1.5]])
    sha256 = store.make(lambda file: file.write(book.read_bytes()))[0]
    opened = granted.open_payload(store, GRANT, RESOURCE, CONTENT, batch(sha256, XLSX), "综合窗口")
    assert opened.path.read_text(encoding="utf-8") == "zjh,日期\nA1,2026-03-01\n"


def test_an_extract_is_made_once_and_always_the_same(store: PayloadStore) -> None:
    sha256, specs = kept(store), intake.specs_of(CONTENT)[:2]
    first = extract(store, sha256, CSV, specs)
    made = store.path(first.sha256).stat().st_mtime_ns
    assert extract(store, sha256, CSV, specs) == first
    assert store.path(first.sha256).stat().st_mtime_ns == made
    other = PayloadStore(store.folder.parent / "other")
    assert extract(other, kept(other), CSV, specs) == first
    store.path(first.sha256).unlink()
    assert extract(store, sha256, CSV, specs) == first


def test_a_file_that_cannot_be_cut_is_given_to_a_grant_of_all_items_only(
    store: PayloadStore,
) -> None:
    document = batch(kept(store), "application/pdf", "births.pdf")
    with pytest.raises(Forbidden, match="cannot be cut"):
        granted.open_payload(store, GRANT, RESOURCE, CONTENT, document, "综合窗口")
    whole = Grant(
        **{f: getattr(GRANT, f) for f in GRANT.__struct_fields__ if f != "items"},
        items=CONTENT.item_names,
    )
    opened = granted.open_payload(store, whole, RESOURCE, CONTENT, document, "综合窗口")
    assert (opened.sha256, opened.file_name) == (document.sha256, "births.pdf")


@pytest.mark.parametrize(
    ("change", "at", "calls", "system", "method"),
    [
        ({"status": GrantStatus.SUSPENDED}, AT, 0, "", ShareMethod.TABLE),
        ({}, AT + timedelta(days=365), 0, "", ShareMethod.TABLE),
        ({}, AT - timedelta(days=30), 0, "", ShareMethod.TABLE),
        ({}, AT, 3, "", ShareMethod.TABLE),
        ({}, AT, 0, "别的系统", ShareMethod.TABLE),
        ({}, AT, 0, "", ShareMethod.FILE),
        ({"systems": ("一", "二")}, AT, 0, "", ShareMethod.TABLE),
        ({"items": ()}, AT, 0, "", ShareMethod.TABLE),
    ],
)
def test_a_reading_outside_the_grant_is_refused(
    change: dict[str, object], at: datetime, calls: int, system: str, method: ShareMethod
) -> None:
    grant = msgspec.structs.replace(GRANT, **change)
    with pytest.raises(Forbidden, match="outside the grant"):
        granted.check(grant, method, system, at, calls)


def test_a_reading_inside_the_grant_needs_no_system_when_there_is_one() -> None:
    assert granted.check(GRANT, ShareMethod.TABLE, "", AT, 2) == "综合窗口"


def test_a_grantee_lists_the_live_batches_of_its_entry(database: Database) -> None:
    life = Life().publish(noon(3, 20), "2026-03").publish(noon(4, 2), "2026-04", "b")
    with connect(database.app_url) as connection:
        Given(connection)(*life.events).shown_by(BATCHES)
        first, second = granted.batches(connection, GRANT)
        assert (first.period, second.period, first.items) == ("2026-03", "2026-04", GRANT.items)
        assert granted.batches(connection, GRANT, after=first.position) == [second]
        assert granted.batch_of(connection, GRANT, second.sha256).period == "2026-04"
        with pytest.raises(NotFound, match="covers no file"):
            granted.batch_of(connection, GRANT, f"sha256:{'f' * 64}")


def test_readings_are_counted_and_reported_once_a_day(
    desk: psycopg.Connection, store: PayloadStore
) -> None:
    opened = granted.open_payload(store, GRANT, RESOURCE, CONTENT, batch(kept(store)), "综合窗口")
    for hour in range(2):
        meter.note(desk, GRANT.grant_id, opened, "tax.adapter", AT + timedelta(hours=hour))
    meter.note(desk, GRANT.grant_id, opened, "tax.adapter", AT, first_byte=10, size=5)
    assert meter.calls_on(desk, GRANT.grant_id, date(2026, 3, 20)) == 2
    assert list(meter.reports(desk, date(2026, 3, 20))) == [], "the day is not over"
    [(command_id, report)] = meter.reports(desk, date(2026, 3, 21))
    assert (report.calls, report.rows, report.bytes) == (3, 6, 2 * opened.bytes + 5)
    assert (report.items, report.systems) == (("zjh", "日期"), ("综合窗口",))
    assert list(meter.reports(desk, date(2026, 3, 21))) == [(command_id, report)], "not yet sent"
    meter.done(desk, report)
    assert list(meter.reports(desk, date(2026, 3, 21))) == []
    meter.note(desk, GRANT.grant_id, opened, "tax.adapter", AT)
    [(_, late)] = meter.reports(desk, date(2026, 3, 21))
    assert (late.sequence, late.calls) == (report.sequence + 1, 1)
    assert report.sequence > meter.OWN_NUMBERS, "adapters number their own reports from 1"
    assert late.log_hash != report.log_hash
