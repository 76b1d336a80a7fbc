"""What a bundle holds, that it is always the same, and that it verifies where there is no hub."""

from __future__ import annotations

import ast
import csv
import io
import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.evidence import verifier
from adapters.evidence.order import Taker
from adapters.evidence.selection import Kind, Selection, of_period
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.record import NewEvent, log_entry, rfc3339
from projections import reader
from projections.audit_trail import AUDIT_TRAIL
from projections.catch_up import catch_up
from projections.connect import connect
from tests.adapters.evidence.making import CASE, OTHER, WHOLE, members, run, unpacked
from tests.hub.departments.city import org
from tests.hub.sharing.world import LIMITED, REQUEST
from tests.projections import kit
from tests.projections.stories import CIVIL, registered, renamed

if TYPE_CHECKING:
    from tests.adapters.evidence.making import Court


def write(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path


def test_a_bundle_verifies_alone_packed_and_unpacked(court: Court, tmp_path: Path) -> None:
    court.witnessed()
    data, made = court.take()
    assert (made.events, made.size, made.witnessed, made.stamped) == (5, 68, True, False)
    folder = unpacked(data, tmp_path / "folder")
    for where in (folder, write(data, tmp_path / "bundle.zip")):
        done = run(folder / "verify.py", where)
        assert (done.returncode, done.stderr) == (0, "")
        assert "校验通过 all of it holds" in done.stdout
        assert "日志公钥取自包内" in done.stdout
        assert "only witnesses' keys inside used" in done.stdout
        assert done.stdout.count("见证 witness") == 2


def test_keys_known_from_elsewhere_are_said_to_be_used(court: Court, tmp_path: Path) -> None:
    court.witnessed()
    data, made = court.take()
    bundle = write(data, tmp_path / "bundle.zip")
    known = [each.key.text for each in court.witnesses]
    words = ("--key", made.log_key, "--witness", known[0], "--witness", known[1])
    done = run(Path(verifier.__file__), bundle, *words)
    assert done.returncode == 0, done.stdout
    assert "取自包内" not in done.stdout


def test_the_same_record_and_checkpoint_give_the_same_bytes(court: Court) -> None:
    court.witnessed()
    first, _ = court.take()
    assert court.take()[0] == first
    with connect(court.database.app_url) as connection:
        kit.record(connection, [renamed(org("tax"), "税务局")])
    assert court.take()[0] == first, "what came after the checkpoint changes nothing"


def test_a_bundle_holds_the_stored_bytes_of_its_events(court: Court) -> None:
    files = members(court.take()[0])
    manifest = json.loads(files["manifest.json"])
    positions = [row["position"] for row in manifest["events"]]
    with connect(court.database.app_url) as connection:
        events = reader.at(connection, positions)
    assert [event.stream_id for event in events] == [REQUEST] * 5
    for event in events:
        assert files[f"events/{event.position}.json"] == event.state
        at = rfc3339(event.recorded_at)
        assert files[f"entries/{event.position}"] == log_entry(event, at)
    assert manifest["selection"] == {"kind": "case", "id": REQUEST}
    assert manifest["files"].keys() == files.keys() - {
        *("封面.html", "cover.html", "manifest.json", "SHA256SUMS")
    }
    for name, digest in manifest["files"].items():
        assert sha256(files[name]).hexdigest() == digest
    assert files["verify.py"] == Path(verifier.__file__).read_bytes()


@pytest.mark.parametrize(
    ("selection", "streams"),
    [
        (CASE, {REQUEST}),
        (Selection(Kind.ENTRY, LIMITED), {LIMITED, REQUEST, OTHER}),
        (Selection(Kind.DEPARTMENT, org("tax")), {REQUEST, OTHER}),
        (of_period(date(2026, 3, 9), date(2026, 3, 10)), {REQUEST, OTHER}),
        (WHOLE, {REQUEST, OTHER, LIMITED}),
    ],
)
def test_each_choice_holds_its_events_and_verifies(
    court: Court, tmp_path: Path, selection: Selection, streams: set[str]
) -> None:
    data, made = court.take(selection)
    rows = json.loads(members(data)["manifest.json"])["events"]
    assert len(rows) == made.events
    assert streams <= {row["stream_id"] for row in rows}
    if selection.kind is Kind.ALL:
        assert [row["position"] for row in rows] == list(range(1, made.size + 1))
    done = run(Path(verifier.__file__), write(data, tmp_path / "bundle.zip"))
    assert done.returncode == 0, done.stdout


def test_a_period_counts_days_as_they_begin_in_china(court: Court) -> None:
    first, _ = court.take(of_period(date(2026, 3, 9), date(2026, 3, 9)))
    rows = json.loads(members(first)["manifest.json"])["events"]
    assert [row["type"] for row in rows] == ["sharing.request.declined"]
    with pytest.raises(NotFound, match="nothing happened"):
        court.take(of_period(date(2026, 3, 11), date(2026, 3, 12)))
    with pytest.raises(Invalid, match="before it begins"):
        of_period(date(2026, 3, 9), date(2026, 3, 8))


def test_versions_that_were_not_chosen_are_named(court: Court, tmp_path: Path) -> None:
    data, _ = court.take(of_period(date(2026, 3, 9), date(2026, 3, 10)))
    done = run(Path(verifier.__file__), write(data, tmp_path / "bundle.zip"))
    assert f"versions not selected: {REQUEST} [1, 2, 3, 4]" in done.stdout


def test_documents_are_listed_with_the_place_that_mentions_them(court: Court) -> None:
    named = {"file_name": 'a "b", c.csv', "sha256": f"sha256:{'7' * 64}"}
    state = json.dumps(
        {
            "at": "2026-03-02T02:00:00Z",
            "by": {"org_id": CIVIL, "person_id": "p", "role": "adapter", "via": "api"},
            "files": [named, {"sha256": f"personal:sha256:{'8' * 64}"}],
            "log_hash": f"sha256:{'9' * 64}",
        }
    ).encode()
    with connect(court.database.app_url) as connection:
        kit.store(connection, [NewEvent("tests.promise:1", 1, "tests.promise.made", 1, state)])
    court.log.seal_all()
    table = members(court.take(WHOLE)[0])["documents.csv"].decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["sha256"], row["field"], row["file_name"]) for row in rows] == [
        ("7" * 64, "files.0.sha256", 'a "b", c.csv'),
        ("9" * 64, "log_hash", ""),
    ]


def test_the_covers_tell_the_case_in_plain_words(court: Court) -> None:
    court.witnessed()
    files = members(court.take()[0])
    chinese, english = files["封面.html"].decode(), files["cover.html"].decode()
    manifest = sha256(files["manifest.json"]).hexdigest()
    for words in (manifest, "共享申请未同意", "超出履职所需", "北京时间", "没有证明的事项"):
        assert words in chinese
    for words in (manifest, "Sharing request declined", "What is not proven", "audit.city"):
        assert words in english
    unseen = court.take(Selection(Kind.CASE, OTHER), taker=_auditor())[0]
    page = members(unseen)["封面.html"].decode()
    assert "审通〔2026〕1号" in page
    assert "li.&lt;b&gt;" in page


def _auditor() -> Taker:
    return Taker("li.<b>", org("audit"), "supervision.audit:1", "审通〔2026〕1号")


def test_a_bundle_without_witnesses_says_that_it_has_none(court: Court, tmp_path: Path) -> None:
    data, made = court.take()
    assert not made.witnessed
    assert "没有独立见证者的签名" in members(data)["封面.html"].decode()
    done = run(Path(verifier.__file__), write(data, tmp_path / "bundle.zip"))
    assert done.returncode == 0
    assert "no witness: the operator's word alone" in done.stdout


def test_what_cannot_be_taken_is_said(court: Court) -> None:
    with pytest.raises(NotFound, match="no event of the case"):
        court.take(Selection(Kind.CASE, "sharing.request:none"))
    with pytest.raises(Forbidden, match="none is within the engagement's scope"):
        court.take(CASE, within=lambda _: False)
    with pytest.raises(Invalid, match="more than 4"):
        court.take(CASE, events_max=4)
    court.log.files.folder.joinpath("checkpoint").unlink()
    with pytest.raises(Conflict, match="nothing is sealed yet"):
        court.take()


def test_events_that_are_not_sealed_yet_wait(court: Court) -> None:
    with connect(court.database.app_url) as connection:
        kit.record(connection, [registered("departments.organization:new")])
        catch_up(connection, (AUDIT_TRAIL,))
    with pytest.raises(Conflict, match="not sealed yet"):
        court.take(Selection(Kind.CASE, "departments.organization:new"))


def test_what_is_out_of_scope_is_left_out_and_counted(court: Court, tmp_path: Path) -> None:
    data, made = court.take(within=lambda row: row.topic != "sharing.request.drafted")
    assert (made.events, made.outside_scope) == (4, 1)
    files = members(data)
    assert json.loads(files["manifest.json"])["outside_scope"] == 1
    assert "另有1个事件" in files["封面.html"].decode()
    done = run(Path(verifier.__file__), write(data, tmp_path / "bundle.zip"))
    assert done.returncode == 0
    assert f"versions not selected: {REQUEST} [1]" in done.stdout


def test_an_event_that_is_not_the_sealed_one_is_never_handed_out(court: Court) -> None:
    court.log.superuser(
        "UPDATE record.events SET state = state || ' '::bytea WHERE position = 64",
    )
    with pytest.raises(Conflict, match="position 64 is not the one that was sealed"):
        court.take()
    court.log.superuser("DELETE FROM record.events WHERE position = 64")
    with pytest.raises(Conflict, match="no event at position 64"):
        court.take()


def test_a_checkpoint_of_the_table_is_not_taken_on_trust(court: Court) -> None:
    witnessed = court.witnessed()
    assert members(court.take()[0])["checkpoint"] == witnessed
    forged = witnessed.replace(b"\n68\n", b"\n69\n")
    with psycopg.connect(court.database.app_url, autocommit=True) as connection:
        connection.execute("UPDATE desk.checkpoints SET note = %s, size = 69", (forged,))
    assert members(court.take()[0])["checkpoint"] == court.log.files.checkpoint()


def test_the_verifier_needs_no_later_python_than_it_says() -> None:
    source = Path(verifier.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= {
        *("__future__", "argparse", "base64", "datetime", "hashlib", "json", "pathlib"),
        *("re", "sys", "typing", "zipfile"),
    }
