"""What the hub remembers of its witnesses: cosignatures on the board, and an hour without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from adapters.keys import FileSigner
from adapters.seal.policy import (
    BadPolicy,
    add_to_board,
    put_on_board,
    read_policy,
    unwitnessed_since,
)
from adapters.seal.track import SHA256
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import COSIGNATURE, Note
from hub.seal.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.seal.note import Signature
    from tests.servers import Database

HOUR = timedelta(hours=1)
LOG = FileSigner("shuqiao/yunze", 1, b"l" * 32)
AUDIT, CIVIL = (
    FileSigner(name, COSIGNATURE, name.encode().ljust(32, b"w")) for name in ("audit", "civil")
)
POLICY = Policy.parse(
    f"witness audit {AUDIT.key.text}\nwitness civil {CIVIL.key.text}\n"
    "group both all audit civil\nquorum both"
)


@pytest.fixture
def board(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        yield connection


def checkpoint(size: int) -> Note:
    text = Checkpoint("shuqiao/yunze", size, bytes([size]) * 32).text
    line = notes.Signature(LOG.key.name, LOG.key.key_id, LOG.sign(text.encode()))
    return Note(text, (line,))


def by(signer: FileSigner, note: Note, at: int = 1_790_000_000) -> Signature:
    signed = signer.sign(notes.cosignature_message(note.text, at))
    return notes.cosignature(signer.key, at, signed)


def enter(board: psycopg.Connection, size: int, ago: timedelta, *, witnessed: bool) -> None:
    put_on_board(board, SHA256, checkpoint(size))
    if witnessed:
        add_to_board(
            board,
            SHA256,
            checkpoint(size),
            [by(each, checkpoint(size)) for each in (AUDIT, CIVIL)],
            POLICY,
        )
    board.execute(
        "UPDATE desk.checkpoints SET signed_at = %s WHERE size = %s",
        (datetime.now(UTC) - ago, size),
    )


def witnessed(board: psycopg.Connection, size: int) -> bool:
    row = board.execute(
        "SELECT witnessed_at IS NOT NULL FROM desk.checkpoints WHERE size = %s", (size,)
    ).fetchone()
    return row is not None and bool(row[0])


def test_a_checkpoint_is_witnessed_when_the_last_of_the_quorum_has_signed(
    board: psycopg.Connection,
) -> None:
    note = checkpoint(5)
    put_on_board(board, SHA256, note)

    first = add_to_board(board, SHA256, note, [by(AUDIT, note)], POLICY)
    halfway = witnessed(board, 5)
    second = add_to_board(board, SHA256, note, [by(CIVIL, note)], POLICY)

    assert first is not None
    assert second is not None
    assert (halfway, witnessed(board, 5)) == (False, True)
    assert [each.name for each in second.signatures] == ["shuqiao/yunze", "audit", "civil"]


def test_a_witness_counts_once_however_often_it_signs(board: psycopg.Connection) -> None:
    note = checkpoint(5)
    put_on_board(board, SHA256, note)

    merged = [add_to_board(board, SHA256, note, [by(AUDIT, note, at)], POLICY) for at in range(3)]

    assert [len(each.signatures) for each in merged if each is not None] == [2, 2, 2]
    assert not witnessed(board, 5)


def test_no_cosignature_is_put_under_what_the_board_does_not_hold(
    board: psycopg.Connection,
) -> None:
    put_on_board(board, SHA256, checkpoint(5))
    other = Note(Checkpoint("shuqiao/yunze", 5, b"o" * 32).text)

    assert add_to_board(board, SHA256, other, [by(AUDIT, other)], POLICY) is None
    assert add_to_board(board, SHA256, checkpoint(6), [by(AUDIT, checkpoint(6))], POLICY) is None


def test_a_witnessed_checkpoint_covers_all_before_it(board: psycopg.Connection) -> None:
    enter(board, 1, 3 * HOUR, witnessed=False)
    waiting = unwitnessed_since(board, SHA256)
    enter(board, 2, 2 * HOUR, witnessed=True)

    assert waiting is not None
    assert unwitnessed_since(board, SHA256) is None


def test_the_wait_for_witnesses_begins_with_the_first_checkpoint_after_the_last_witnessed(
    board: psycopg.Connection,
) -> None:
    enter(board, 1, 9 * HOUR, witnessed=True)
    enter(board, 2, 2 * HOUR, witnessed=False)
    enter(board, 3, HOUR, witnessed=False)

    since = unwitnessed_since(board, SHA256)

    assert since is not None
    assert abs(datetime.now(UTC) - since - 2 * HOUR) < timedelta(minutes=1)


def test_a_hub_without_a_policy_has_no_witnesses(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("quorum none\n")

    assert read_policy(tmp_path / "missing") is None
    assert read_policy(tmp_path / "none") is None


def test_a_policy_that_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(f"# ours\nwitness audit {AUDIT.key.text}\nquorum nobody\n")

    with pytest.raises(BadPolicy, match="line 3"):
        read_policy(tmp_path / "policy")
