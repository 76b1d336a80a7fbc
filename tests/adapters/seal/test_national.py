"""The national track: SM3 trees and SM2 signatures, recomputed and believed by OpenSSL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

from adapters.keys import BadKey, public_pem
from adapters.seal import national
from adapters.seal.board import standings
from adapters.seal.track import SM3, sha256_track, sm3_track, tracks
from adapters.settings import Settings
from hub.record import Recorded, rfc3339
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from projections import reader
from projections.connect import connect
from tests.adapters.seal.authority import openssl
from tests.adapters.seal.sealing import Log

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Database


class NationalLog(Log):
    """The log of a hub that has switched national cryptography on."""

    def __init__(self, database: Database, home: Path) -> None:
        super().__init__(database, home)
        self.settings = Settings(home=home, database_url=SecretStr(database.app_url), sm=True)

    @property
    def track(self):  # type: ignore[no-untyped-def] # noqa: ANN201 - as the log's own
        return sm3_track(self.settings)

    @property
    def files(self):  # type: ignore[no-untyped-def] # noqa: ANN201 - as the log's own
        return self.track.files


@pytest.fixture
def later(log: Log, database: Database, tmp_path: Path) -> NationalLog:
    """A hub that sealed for a while before the national track was switched on."""
    log.append(7)
    log.seal_all()
    return NationalLog(database, tmp_path)


def sm3_by_openssl(folder: Path, data: bytes) -> bytes:
    (folder / "data").write_bytes(data)
    done = openssl("dgst", "-sm3", "-r", folder / "data")
    assert done.returncode == 0, done.stderr
    return bytes.fromhex(done.stdout.split()[0])


def test_the_whole_history_is_covered_and_openssl_computes_the_same_root(
    later: NationalLog, tmp_path: Path
) -> None:
    head = later.seal_all()
    first = sha256_track(later.settings).guard.last()
    assert first is not None
    assert (head.size, head.origin) == (7, f"{first.origin}/sm3")
    with connect(later.database.app_url) as connection:
        events = reader.at(connection, range(1, 8))

    def hashed(*parts: bytes) -> bytes:
        return sm3_by_openssl(tmp_path, b"".join(parts))

    def entry(event: Recorded) -> bytes:
        return json.dumps(
            {
                "recorded_at": rfc3339(event.recorded_at),
                "schema_version": event.schema_version,
                "state": f"sm3:{hashed(event.state).hex()}",
                "stream_id": event.stream_id,
                "type": event.topic,
                "version": event.version,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()

    a, b, c, d, e, f, g = (hashed(b"\x00", entry(event)) for event in events)
    left = hashed(b"\x01", hashed(b"\x01", a, b), hashed(b"\x01", c, d))
    right = hashed(b"\x01", hashed(b"\x01", e, f), g)
    assert head.root == hashed(b"\x01", left, right)


def test_openssl_believes_the_signature_and_no_other(later: NationalLog, tmp_path: Path) -> None:
    later.seal_all()
    signed = notes.parse(later.files.checkpoint() or b"")
    key = later.track.open_signer().key
    [signature] = [one for one in signed.signatures if one.key_id == key.key_id]
    pem, text, blob = (tmp_path / name for name in ("key.pem", "text", "signature"))
    pem.write_text(public_pem(key))
    text.write_text(signed.text, encoding="utf-8")
    blob.write_bytes(signature.blob)
    verify = (
        *("pkeyutl", "-verify", "-pubin", "-inkey", pem, "-rawin", "-digest", "sm3"),
        *("-pkeyopt", "distid:1234567812345678", "-in", text, "-sigfile", blob),
    )
    assert openssl(*verify).returncode == 0
    text.write_text(signed.text.replace("\n7\n", "\n8\n"), encoding="utf-8")
    assert openssl(*verify).returncode != 0


def test_a_signature_of_openssl_is_believed(tmp_path: Path) -> None:
    key, pem, text, blob = (tmp_path / name for name in ("key", "pem", "text", "signature"))
    assert openssl("genpkey", "-algorithm", "SM2", "-out", key).returncode == 0
    assert openssl("pkey", "-in", key, "-pubout", "-outform", "DER", "-out", pem).returncode == 0
    text.write_bytes(b"shuqiao")
    done = openssl(
        *("pkeyutl", "-sign", "-inkey", key, "-rawin", "-digest", "sm3", "-in", text),
        *("-pkeyopt", "distid:1234567812345678", "-out", blob),
    )
    assert done.returncode == 0, done.stderr
    known = notes.VerifierKey("city/sm3", notes.EXTENDED, notes.SM2 + pem.read_bytes()[-65:])
    assert national.verify(known, b"shuqiao", blob.read_bytes())
    assert not national.verify(known, b"shuqiap", blob.read_bytes())
    assert not national.verify(known, b"shuqiao", blob.read_bytes()[:-1] + b"\0")
    assert not national.verify(known._replace(public=known.public[:-1]), b"", b"")


def test_both_tracks_go_on_together_and_agree_on_the_size(later: NationalLog) -> None:
    later.seal_all()
    later.append(600)
    later.seal_all()
    Log.seal_all(Log(later.database, later.settings.home))
    published = [track.files.checkpoint() or b"" for track in tracks(later.settings)]
    heads = [Checkpoint.parse(notes.parse(data).text) for data in published]
    assert [head.size for head in heads] == [607, 607]
    assert heads[0].root != heads[1].root
    with psycopg.connect(later.database.app_url) as looking:
        assert [one.track for one in standings(looking)] == ["sha256", SM3]


def test_a_restored_backup_is_refused_on_this_track_too(later: NationalLog) -> None:
    later.append(20)
    later.seal_all()
    later.superuser(
        "DELETE FROM record.events WHERE position > 20", "UPDATE record.log_head SET position = 20"
    )
    assert "positions 21 to 27 are missing" in later.trouble()


def test_a_key_that_is_gone_or_damaged_is_said(later: NationalLog) -> None:
    later.seal_all()
    path = later.settings.sm_key
    kept = path.read_text()
    path.write_text(kept.replace("+", "-", 1))
    with pytest.raises(BadKey, match="no line"):
        later.track.open_signer()
    path.unlink()
    with pytest.raises(BadKey, match="is gone"):
        later.track.open_signer()
    assert oct(later.settings.home.joinpath("secrets", "log.key").stat().st_mode)[-3:] == "600"
