"""Granted data comes into a folder: only what was granted, whole, once, going on where it broke."""

from __future__ import annotations

import hashlib
import json
import signal
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import psycopg

from hub.sharing.grant_events import GrantSuspended
from hub.sharing.kinds import SuspensionReason
from tests.adapters.connectors.running import (
    ENTRY,
    GOOD,
    GRANT,
    Department,
    RunningHub,
    until,
)
from tests.hub.departments.city import OPERATOR, org

if TYPE_CHECKING:
    from pathlib import Path

GRANTED = b"zjh,\xe6\x97\xa5\xe6\x9c\x9f\nA1,2026-03-01\nA2,2026-03-02\n"


def published(hub: RunningHub, folder: Path, *periods: str) -> Department:
    civil = Department(hub, folder / "civil").deliver()
    for number, period in enumerate(periods):
        civil.put(f"births-{period}.csv", GOOD + f"C{number},赵六,2026-01-01\n" * (number > 0))
    assert civil.once() == 0
    until(lambda: hub.topics("convergence.batch.published") == len(periods), "the data")
    return civil


def manifests(tax: Department) -> list[dict[str, Any]]:
    found = sorted(tax.into.glob("*.manifest.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def accesses(hub: RunningHub) -> list[tuple[Any, ...]]:
    with psycopg.connect(hub.database.app_url) as connection:
        return connection.execute(
            "SELECT first_byte, bytes, rows, system, items FROM desk.accesses ORDER BY access_id"
        ).fetchall()


def test_only_granted_columns_arrive_with_a_manifest_and_once(
    hub: RunningHub, tmp_path: Path
) -> None:
    published(hub, tmp_path, "2026-03", "2026-04")
    tax = Department(hub, tmp_path / "tax", name="tax").receive()
    assert tax.once() == 0
    march, april = manifests(tax)
    assert (march["period"], march["rows"], march["items"]) == ("2026-03", 2, ["zjh", "日期"])
    content = (tax.into / march["file"]).read_bytes()
    assert content == GRANTED
    assert march["sha256"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert april["rows"] == 3
    assert b"\xe5\xbc\xa0\xe4\xb8\x89" not in content, "a name that was not granted"
    assert tax.once() == 0
    assert [(first, rows) for first, _, rows, _, _ in accesses(hub)] == [(0, 2), (0, 3)]
    assert accesses(hub)[0][3:] == ("综合窗口", ["zjh", "日期"])


def test_a_broken_download_goes_on_where_it_broke(hub: RunningHub, tmp_path: Path) -> None:
    published(hub, tmp_path, "2026-03")
    tax = Department(hub, tmp_path / "tax", name="tax").receive()
    assert tax.once() == 0
    [manifest] = manifests(tax)
    # As a kill in the middle leaves it: half a file, its tag, and no word of it in the spool.
    final, partial = tax.into / manifest["file"], tax.into / ".partial" / manifest["file"]
    whole = final.read_bytes()
    for path in (final, *tax.into.glob("*.manifest.json")):
        path.unlink()
    for path in (tax.folder / "hub-adapter").glob("spool.sqlite*"):
        path.unlink()
    partial.write_bytes(whole[:20])
    partial.with_suffix(".etag").write_text(f'"{manifest["sha256"]}"')
    assert tax.once() == 0
    assert final.read_bytes() == whole
    assert accesses(hub)[-1][:3] == (20, len(whole) - 20, 0)
    assert not list((tax.into / ".partial").iterdir())


def test_half_a_file_of_another_version_is_fetched_anew(hub: RunningHub, tmp_path: Path) -> None:
    published(hub, tmp_path, "2026-03")
    tax = Department(hub, tmp_path / "tax", name="tax").receive()
    assert tax.once() == 0
    [manifest] = manifests(tax)
    final, partial = tax.into / manifest["file"], tax.into / ".partial" / manifest["file"]
    for path in (tax.folder / "hub-adapter").glob("spool.sqlite*"):
        path.unlink()
    partial.write_bytes(b"x" * 20)
    partial.with_suffix(".etag").write_text('"sha256:of another version"')
    assert tax.once() == 0
    assert final.read_bytes() == GRANTED


def test_nothing_arrives_while_the_grant_is_suspended(hub: RunningHub, tmp_path: Path) -> None:
    published(hub, tmp_path, "2026-03")
    hub.record(
        GrantSuspended(
            at=datetime.now(UTC),
            by=OPERATOR,
            grant_id=GRANT,
            request_id="sharing.request:r1",
            entry_id=ENTRY,
            requester_id=org("tax"),
            provider_id=org("civil"),
            reason_code=SuspensionReason.SCOPE_EXCEEDED,
            reason="超范围使用",
            rectify_by=date(2030, 1, 1),
        )
    )
    tax = Department(hub, tmp_path / "tax", name="tax").receive()
    assert tax.once() == 1
    assert manifests(tax) == []
    assert accesses(hub) == []


def test_somebody_elses_grant_gives_nothing(hub: RunningHub, tmp_path: Path) -> None:
    published(hub, tmp_path, "2026-03")
    civil = Department(hub, tmp_path / "civil2", name="civil").receive()
    assert civil.once() == 1
    assert manifests(civil) == []


def test_new_data_arrives_by_itself_also_after_the_hub_was_away(
    hub: RunningHub, tmp_path: Path
) -> None:
    civil = published(hub, tmp_path, "2026-03")
    tax = Department(hub, tmp_path / "tax", name="tax").receive()
    adapter = tax.running()
    try:
        until(lambda: len(manifests(tax)) == 1, "the first file")
        hub.stop()
        hub.start()
        civil.put("births-2026-04.csv", GOOD)
        assert civil.once() == 0
        until(lambda: len(manifests(tax)) == 2, "the second file")
    finally:
        adapter.send_signal(signal.SIGTERM)
        assert adapter.wait(20) == 0
