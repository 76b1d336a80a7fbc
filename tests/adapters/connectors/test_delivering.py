"""A department's files reach the hub: checked, whole, once, whatever happens in between."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from adapters.identity.credentials import register_signing_key
from hub.catalog.content import Item
from hub.catalog.events import CatalogEntryPublished
from tests.adapters.connectors.running import (
    CONTENT,
    ENTRY,
    GOOD,
    Department,
    RunningHub,
    until,
)
from tests.adapters.tables.files import workbook
from tests.hub.departments.city import OPERATOR, org

if TYPE_CHECKING:
    from pathlib import Path

LIVE, DELIVERED, REJECTED = (
    f"convergence.batch.{word}" for word in ("published", "delivered", "rejected")
)


def test_files_are_delivered_once_in_every_form(hub: RunningHub, tmp_path: Path) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    civil.put("births-2026-03.csv", GOOD)
    civil.put("births-2026-04.csv", GOOD, "gb18030")
    workbook(civil.out, [["zjh", "姓名", "日期"], ["A1", "张三", "2026-05-01"]], "出生202605.xlsx")
    civil.put("births-2026-06.csv.part")
    assert civil.once() == 0
    assert sorted((b["period"], b["rows"]) for b in hub.batches()) == [
        ("2026-03", 2),
        ("2026-04", 2),
        ("2026-05", 1),
    ]
    assert hub.topics(LIVE) == 3
    assert civil.once() == 0
    (civil.out / "births-2026-03.csv").touch()
    civil.put("copy of births 2026-03.csv", GOOD)
    assert civil.once() == 0
    assert hub.topics(DELIVERED) == 3, "the same bytes for the same period are one delivery"


def test_a_file_that_fails_stays_at_home_with_a_report(hub: RunningHub, tmp_path: Path) -> None:
    civil = Department(hub, tmp_path / "civil").deliver(after="move")
    civil.put("births-2026-03.csv", "证号,姓名,日期\nA1,张三,2026-03-01\nA1,李四,三月\n")
    assert civil.once() == 1
    assert hub.topics(DELIVERED) == 0
    report = (civil.out / "reports" / "births-2026-03.csv.txt").read_text(encoding="utf-8-sig")
    assert "[日期] 类型不符 / values of the wrong type: 1 行 rows 3" in report
    assert "主键重复 / the key is there twice: 1 行 rows 3" in report
    assert (civil.out / "refused" / "births-2026-03.csv").is_file()
    civil.put("births-2026-03.csv", GOOD)
    assert civil.once() == 0
    assert (civil.out / "done" / "births-2026-03.csv").is_file()
    assert hub.topics(LIVE) == 1


def test_what_the_hub_turns_back_is_replaced_by_the_next_file(
    hub: RunningHub, tmp_path: Path
) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    civil.put("births-2026-02.csv", GOOD)
    assert civil.once() == 0
    # The entry gets another item; the adapter still goes by what the hub said a moment ago.
    content = msgspec.structs.replace(CONTENT, items=(*CONTENT.items, Item(name="医院")))
    hub.record(
        CatalogEntryPublished(
            at=datetime.now(UTC),
            by=OPERATOR,
            entry_id=ENTRY,
            provider_id=org("civil"),
            version=2,
            content=content,
        )
    )
    civil.put("births-2026-03.csv", GOOD)
    assert civil.once() == 1
    assert hub.topics(REJECTED) == 1
    report = (civil.out / "reports" / "births-2026-03.csv.txt").read_text(encoding="utf-8-sig")
    assert "[医院] 表头与目录信息项不一致" in report
    rejected = hub.batches()[-1]["batch_id"]
    civil.put(
        "births-2026-03b.csv", GOOD.replace("日期", "日期,医院").replace("-01\n", "-01,一院\n")
    )
    assert civil.once() == 0
    assert hub.batches()[-1]["supersedes"] == rejected


def test_a_corrected_file_replaces_the_one_before(hub: RunningHub, tmp_path: Path) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    civil.put("births-2026-03.csv", GOOD)
    assert civil.once() == 0
    civil.put("births-2026-03.csv", GOOD.replace("李四", "李五"))
    assert civil.once() == 0
    first, second = hub.batches()
    assert second["supersedes"] == first["batch_id"]


def test_files_wait_while_the_hub_is_away(hub: RunningHub, tmp_path: Path) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    civil.put("births-2026-02.csv", GOOD)
    assert civil.once() == 0
    hub.stop()
    adapter = civil.running()
    try:
        for month in (3, 4, 5):
            civil.put(f"births-2026-{month:02}.csv", GOOD)
        copies = civil.folder / "hub-adapter" / "files"
        until(lambda: len(list(copies.glob("[0-9a-f]*"))) == 1, "the files to be picked up")
        until(lambda: _spooled(civil) == 4, "all of them")
        for path in civil.out.glob("*.csv"):
            path.unlink()
        hub.start()
        until(lambda: hub.topics(LIVE) == 4, "the files to be delivered")
        assert [b["period"] for b in hub.batches()] == ["2026-02", "2026-03", "2026-04", "2026-05"]
        until(lambda: not list(copies.glob("[0-9a-f]*")), "the copies to be thrown away")
    finally:
        adapter.send_signal(signal.SIGTERM)
        assert adapter.wait(20) == 0, "it stops when it is asked to"


def test_an_adapter_killed_at_any_moment_delivers_everything_once(
    hub: RunningHub, tmp_path: Path
) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    periods = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 11)]
    for number, period in enumerate(periods):
        civil.put(f"births-{period}.csv", GOOD + f"B{number},王五,2026-01-01\n")
    for arrived in (1, 2, 5, 9, 14):
        adapter = civil.running()
        until(lambda n=arrived: hub.topics(DELIVERED) >= n, "some files")
        adapter.kill()
        adapter.wait()
    adapter = civil.running()
    try:
        until(lambda: hub.topics(LIVE) >= len(periods), "everything to arrive")
    finally:
        adapter.send_signal(signal.SIGTERM)
        adapter.wait(20)
    assert sorted(b["period"] for b in hub.batches()) == periods
    assert hub.topics(DELIVERED) == hub.topics(LIVE) == len(periods)


def test_a_signed_adapter_delivers_too(hub: RunningHub, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    with psycopg.connect(hub.database.app_url) as connection:
        register_signing_key(connection, "civil-1", public, "civil.adapter", "test")
    civil = Department(
        hub,
        tmp_path / "civil",
        hub_lines='signing_key_file = "adapter.pem"\nkey_id = "civil-1"',
    ).deliver()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (civil.folder / "adapter.pem").write_bytes(pem)
    civil.put("births-2026-03.csv", GOOD)
    assert civil.once() == 0
    assert hub.topics(LIVE) == 1


def test_a_stranger_delivers_nothing_and_his_files_wait(hub: RunningHub, tmp_path: Path) -> None:
    tax = Department(hub, tmp_path / "tax", name="tax").deliver()
    tax.put("births-2026-03.csv", GOOD)
    assert tax.once() == 1
    assert hub.topics(DELIVERED) == 0
    assert _spooled(tax) == 1


def test_two_adapters_do_not_share_a_spool(hub: RunningHub, tmp_path: Path) -> None:
    civil = Department(hub, tmp_path / "civil").deliver()
    adapter = civil.running()
    try:
        until((civil.folder / "hub-adapter" / "spool.sqlite-wal").exists, "the spool")
        second = civil.verb("once")
    finally:
        adapter.send_signal(signal.SIGTERM)
        adapter.wait(20)
    assert second.returncode == 2
    assert "another hub-adapter is running" in second.stderr


def _spooled(civil: Department) -> int:
    """How many files the adapter's memory knows; read from a copy, for it holds the file alone."""
    import shutil  # noqa: PLC0415
    import sqlite3  # noqa: PLC0415
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        for path in (civil.folder / "hub-adapter").glob("spool.sqlite*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        with sqlite3.connect(Path(folder) / "spool.sqlite") as spool:
            try:
                found = spool.execute("SELECT count(*) FROM outgoing").fetchone()
            except sqlite3.OperationalError:
                return 0
    return int(found[0])
