"""The verifier finds what is false, says what it is, and never shows a traceback."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from adapters.evidence import verifier
from adapters.evidence.bundle import pem_of
from adapters.evidence.packing import Packing
from adapters.keys import FileSigner
from hub.seal import note as notes
from hub.seal.note import Note, Signature
from tests.adapters.evidence.making import (
    OTHER,
    WHOLE,
    consistent,
    members,
    packed,
    run,
    unpacked,
)
from tests.hub.sharing.world import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.evidence.making import Court, Verify


def test_a_byte_changed_in_any_file_is_found_and_the_file_named(
    court: Court, verify: Verify
) -> None:
    files = members(court.take()[0])
    assert verify(packed(files))[0] == 0
    for name, data in files.items():
        for place in {0, len(data) - 1}:
            changed = bytearray(data)
            changed[place] ^= 1
            code, said = verify(packed({**files, name: bytes(changed)}))
            assert code == 1, (name, place)
            assert name in said or name == "SHA256SUMS", (name, place, said)


def test_missing_added_and_doubled_files_are_named(
    court: Court, verify: Verify, tmp_path: Path
) -> None:
    data, _ = court.take()
    files = members(data)
    for name in files:
        code, said = verify(packed({one: files[one] for one in files if one != name}))
        assert code == 1
        assert name in said, said
    code, said = verify(packed({**files, "events/9.json": b"{}"}))
    assert (code, "多出 added: events/9.json" in said) == (1, True)
    code, said = verify(consistent({**files, "events/9.json": b"{}"}))
    assert (code, "of no event in manifest.json: events/9.json" in said) == (1, True)
    code, said = verify(consistent({**files, "../evil.sh": b"rm"}))
    assert (code, "../evil.sh" in said) == (1, True)
    code, said = verify(_twice(files, "entries/61"))
    assert (code, "同一名称出现两次" in said) == (1, True)
    folder = unpacked(data, tmp_path / "folder")
    (folder / "events" / "link").symlink_to("/etc/passwd")
    assert "events/link" in run(folder / "verify.py", folder).stdout


def _twice(files: dict[str, bytes], name: str) -> bytes:
    out = io.BytesIO()
    packing = Packing(out)
    for each, data in [*files.items(), (name, files[name])]:
        packing.add(each, data)
    packing.close()
    return out.getvalue()


def test_an_event_taken_out_is_found_though_all_digests_were_made_anew(
    court: Court, verify: Verify
) -> None:
    files = members(court.take()[0])
    for position in (61, 63, 64, 65):
        code, said = verify(consistent(*_without(files, position)))
        assert code == 1
        assert f"缺少事件 events are missing: {REQUEST}" in said
    # What the cover says is not proven: whether the matter went on after the last event.
    assert verify(consistent(*_without(files, 66)))[0] == 0
    whole = members(court.take(WHOLE)[0])
    for position in (1, 40, 68):
        code, said = verify(consistent(*_without(whole, position)))
        assert code == 1
        assert "events are missing or out of order" in said


def _without(files: dict[str, bytes], position: int) -> tuple[dict[str, bytes], dict[str, Any]]:
    gone = {part % position for part in verifier.EVENT}
    manifest = json.loads(files["manifest.json"])
    manifest["events"] = [row for row in manifest["events"] if row["position"] != position]
    return {name: data for name, data in files.items() if name not in gone}, manifest


def test_an_event_of_another_case_is_found(court: Court, verify: Verify) -> None:
    files, whole = members(court.take()[0]), members(court.take(WHOLE)[0])
    manifest = json.loads(files["manifest.json"])
    rows = json.loads(whole["manifest.json"])["events"]
    (other,) = [row for row in rows if row["stream_id"] == OTHER and row["version"] == 1]
    manifest["events"] = sorted([*manifest["events"], other], key=lambda row: row["position"])
    more = {part % other["position"] for part in verifier.EVENT}
    code, said = verify(consistent({**files, **{name: whole[name] for name in more}}, manifest))
    assert code == 1
    assert f"事件 event {other['position']}: 不属所选 not selected" in said


def test_a_changed_event_is_found_though_its_entry_was_made_anew(
    court: Court, verify: Verify
) -> None:
    files = members(court.take()[0])
    state = files["events/66.json"].replace("超出履职所需".encode(), "材料不全".encode())
    code, said = verify(consistent({**files, "events/66.json": state}))
    assert (code, "event 66: 状态与日志条目不符" in said) == (1, True)
    before, after = (sha256(each).hexdigest().encode() for each in (files["events/66.json"], state))
    entry = files["entries/66"].replace(before, after)
    code, said = verify(consistent({**files, "events/66.json": state, "entries/66": entry}))
    assert (code, "event 66: 包含证明不成立" in said) == (1, True)
    manifest = json.loads(files["manifest.json"])
    for name, value in {
        "recorded_at": "2026-01-01T00:00:00.000000Z",
        "schema_version": 2,
        "stream_id": OTHER,
        "type": "sharing.request.agreed",
        "version": 6,
        "position": 67,
    }.items():
        changed = json.loads(json.dumps(manifest))
        changed["events"][-1][name] = value
        assert verify(consistent(files, changed))[0] == 1, name


def test_a_proof_of_another_position_or_checkpoint_is_found(court: Court, verify: Verify) -> None:
    files = members(court.take()[0])
    code, said = verify(
        consistent({**files, "proofs/64.tlog-proof": files["proofs/65.tlog-proof"]})
    )
    assert (code, "event 64: 证明属于别的位置" in said) == (1, True)
    disguised = files["proofs/65.tlog-proof"].replace(b"index 64", b"index 63")
    code, said = verify(consistent({**files, "proofs/64.tlog-proof": disguised}))
    assert (code, "event 64: 包含证明不成立" in said) == (1, True)
    path = files["proofs/64.tlog-proof"]
    for cut in (path.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n", 1), _shorter(path)):
        code, said = verify(consistent({**files, "proofs/64.tlog-proof": cut}))
        assert (code, "event 64: 包含证明不成立" in said) == (1, True)
    elsewhere = files["proofs/64.tlog-proof"].replace(b"\n68\n", b"\n69\n")
    code, said = verify(consistent({**files, "proofs/64.tlog-proof": elsewhere}))
    assert (code, "event 64: 证明针对别的检查点" in said) == (1, True)


def test_a_position_outside_the_checkpoint_is_found_though_its_path_leads_to_the_root(
    court: Court, verify: Verify
) -> None:
    # Beyond the tree another position has the same sides: the event would seem to come later.
    files = members(court.take()[0])
    for position in (64 + 128, 64 + 256, 64 - 128):
        code, said = verify(_moved(files, 64, position))
        assert (code, f"event {position}: 包含证明不成立" in said) == (1, True), said


def _moved(files: dict[str, bytes], old: int, new: int) -> bytes:
    """Give an event another position in every place that says it."""
    names = {part % old: part % new for part in verifier.EVENT}
    moved = {names.get(name, name): data for name, data in files.items()}
    proof = verifier.EVENT[2] % new
    moved[proof] = moved[proof].replace(b"index %d\n" % (old - 1), b"index %d\n" % (new - 1))
    manifest = json.loads(files["manifest.json"])
    for row in manifest["events"]:
        row["position"] = new if row["position"] == old else row["position"]
    manifest["events"].sort(key=lambda row: row["position"])
    head, *rows = moved["documents.csv"].decode().splitlines(keepends=True)
    rows = [row.replace(f",{old},", f",{new},") for row in rows]
    rows.sort(key=lambda row: int(row.split(",")[1]))
    return consistent({**moved, "documents.csv": "".join([head, *rows]).encode()}, manifest)


def _shorter(proof: bytes) -> bytes:
    head, gap, rest = proof.partition(b"\n\n")
    return head.rpartition(b"\n")[0] + gap + rest


def test_a_checkpoint_by_another_key_is_found(court: Court, verify: Verify, tmp_path: Path) -> None:
    data, made = court.take()
    files = members(data)
    thief = FileSigner.create(tmp_path / "thief", made.log_key.split("+")[0])
    note = notes.parse(files["checkpoint"])
    signature = thief.sign(note.text.encode())
    line = Signature(thief.key.name, thief.key.key_id, signature)
    forged = notes.render(Note(note.text, (line,)))
    proofs = {
        name: each.replace(files["checkpoint"], forged)
        for name, each in files.items()
        if name.startswith("proofs/")
    }
    both = {**files, **proofs, "checkpoint": forged, "checkpoint.sig": signature}
    code, said = verify(consistent(both))
    assert (code, "the log's key did not sign it" in said) == (1, True)
    swapped = {"keys/log.vkey": thief.key.text.encode(), "keys/log.pem": pem_of(thief.key).encode()}
    code, said = verify(consistent({**both, **swapped}))
    assert (code, "only the key inside was used" in said) == (0, True), "as it warns"
    code, said = verify(consistent({**both, **swapped}), "--key", made.log_key)
    assert (code, "the log's key did not sign it" in said) == (1, True)
    for name in ("checkpoint.body", "checkpoint.sig", "keys/log.pem", "keys/log.vkey"):
        other = swapped.get(name, b"x" + files[name])
        code, said = verify(consistent({**files, name: other}))
        assert (code, "differ" in said or "无法继续" in said) == (1, True), name


def test_too_few_witnesses_are_found(court: Court, verify: Verify) -> None:
    court.witnessed(1)
    data, made = court.take()
    assert not made.witnessed
    code, said = verify(data)
    assert (code, "见证者不足 too few witnesses" in said) == (1, True)


def test_a_forged_cosignature_is_found(court: Court, verify: Verify) -> None:
    court.witnessed()
    files = members(court.take()[0])
    note = notes.parse(files["checkpoint"])
    log, first, second = note.signatures
    known = [each.key.text for each in court.witnesses]
    later = Signature(second.name, second.key_id, b"\xff" + second.blob[1:])
    for signatures in ((log, first), (log, first, later), (log, first, first)):
        forged = notes.render(Note(note.text, signatures))
        proofs = {
            name: each.replace(files["checkpoint"], forged)
            for name, each in files.items()
            if name.startswith("proofs/")
        }
        changed = {**files, **proofs, "checkpoint": forged}
        code, said = verify(consistent(changed))
        assert (code, "too few witnesses" in said) == (1, True), said
        changed["keys/witnesses"] = b"quorum none\n"
        assert verify(consistent(changed))[0] == 0
        code, said = verify(consistent(changed), "--witness", known[0], "--witness", known[1])
        assert (code, "a --witness did not sign it" in said) == (1, True)


def test_a_policy_that_counts_somebody_twice_is_refused(court: Court, verify: Verify) -> None:
    court.witnessed()
    files = members(court.take()[0])
    one = court.witnesses[0].key.text
    for policy in (
        f"witness a {one}\nwitness b {one}\ngroup g all a b\nquorum g\n",
        f"witness a {one}\ngroup g 2 a a\nquorum g\n",
        f"witness a {one}\ngroup g 1 a\ngroup h 2 g a\nquorum h\n",
        f"witness a {one}\n",
        f"witness a {one}\nquorum a\nquorum a\n",
        "quorum nobody\n",
        "witness\n",
        "\x00",
    ):
        assert verify(consistent({**files, "keys/witnesses": policy.encode()}))[0] == 1, policy
    fine = f"# said\nwitness a {one}\n\ngroup g any a\nquorum g\n"
    assert verify(consistent({**files, "keys/witnesses": fine.encode()}))[0] == 0
