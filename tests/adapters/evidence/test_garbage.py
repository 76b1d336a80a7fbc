"""Garbage, torn files and wrong use are answered in words."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest

from adapters.evidence import verifier
from tests.adapters.evidence.making import consistent, members, packed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adapters.evidence.making import Court, Verify


def test_a_byte_changed_in_the_zip_itself_is_found(
    court: Court, verify: Verify, tmp_path: Path
) -> None:
    data, _ = court.take()
    for place in range(0, len(data), 1_499):
        changed = bytearray(data)
        changed[place] ^= 0x20
        code, _ = verify(bytes(changed))
        same = _unzipped(bytes(changed)) == members(data)
        assert code == 1 or same, f"byte {place} changes a file and is not found"
    for longer in (data + b"x", b"x" + data):
        assert verify(longer)[0] == 1
    for length in (0, 1, 21, 1_000, len(data) // 2, len(data) - 1):
        assert verify(data[:length])[0] == 1


def test_a_packed_zip_is_not_read_at_all_it_may_be_a_bomb(court: Court, verify: Verify) -> None:
    files = members(court.take()[0])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, data in files.items():
            bomb.writestr(name, data)
        bomb.writestr("events/7.json", bytes(64 * 1024 * 1024))
    tracemalloc.start()
    code, said = verify(out.getvalue())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (code, "not the ZIP as written" in said) == (1, True)
    assert most < 32 * 1024 * 1024


def _unzipped(data: bytes) -> dict[str, bytes] | None:
    try:
        return members(data)
    except Exception:  # noqa: BLE001 - then it is surely not the same
        return None


def test_garbage_is_answered_in_words(court: Court, verify: Verify, tmp_path: Path) -> None:
    files = members(court.take()[0])
    for name in (*verifier.LISTED, "manifest.json", "SHA256SUMS", "events/64.json", "entries/64"):
        for rubbish in (b"", b"\xff\xfe", b"[" * 5_000, b"null"):
            assert verify(packed({**files, name: rubbish}))[0] == 1, (name, rubbish[:9])
            if name not in {"SHA256SUMS", "manifest.json", *verifier.UNLISTED}:
                code, said = verify(consistent({**files, name: rubbish}))
                spared = name in {"verify.py", "说明.txt", "INSTRUCTIONS.txt"}
                assert code == (0 if spared else 1), (name, rubbish[:9], said)
    for manifest in ("[]", "{}", '{"files":{},"events":[{}]}', '{"files":{},"events":5}', "7"):
        assert verify(packed({**files, "manifest.json": manifest.encode()}))[0] == 1
    (tmp_path / "empty").mkdir()
    assert verifier.main([str(tmp_path / "empty")]) == 1


def test_wrong_use_ends_with_two(
    court: Court, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(court.take()[0])
    for words in ([], [str(tmp_path / "none")], [str(path), "--key", "x"], [str(path), "--what"]):
        with pytest.raises(SystemExit) as ended:
            verifier.main(words)
        assert ended.value.code == 2
    assert "there is no" in capsys.readouterr().err
