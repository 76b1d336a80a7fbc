"""What somebody with the postgres superuser, the disk or the stolen key may try; one entry each."""

from collections.abc import Callable
from typing import NamedTuple

import psycopg

from adapters.seal.guard import LAST
from adapters.seal.store import CHECKPOINT
from adapters.verify.finding import Kind
from hub.record import Recorded, leaf_hash, rfc3339
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.tiles import path
from tests.faults.sealed import HEAD, OLD, WITNESSED, Sealed

P, Q = 123, 400
"""The event that is tampered with, in the first tile, and another in the second."""
EVENTS = "record.events"


class Case(NamedTuple):
    """What is done, where the first wrong position is, up to where, and of what kind it is."""

    name: str
    tamper: Callable[[Sealed], object]
    position: int
    kind: Kind
    until: int | None = None
    older: bool = False
    mirror: bool = True
    witness: bool = True


def sql(*statements: str) -> Callable[[Sealed], object]:
    return lambda one: one.superuser(*statements)


def column(name: str, value: str, kind: Kind = Kind.ROW) -> Case:
    return Case(
        f"column {name} of one event",
        sql(f"UPDATE {EVENTS} SET {name} = {value} WHERE position = {P}"),
        P,
        kind,
    )


ONE_CHARACTER = "overlay(state PLACING '\\x7a'::bytea FROM 40 FOR 1)"


def leaf_anew(one: Sealed, position: int) -> None:
    """Give a changed row the leaf that belongs to it now."""
    with psycopg.connect(one.database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        row = connection.execute(
            "SELECT position, stream_id, version, topic, schema_version, recorded_at, state, leaf"
            "  FROM record.events WHERE position = %s",
            (position,),
        ).fetchone()
        assert row is not None
        event = Recorded(*row)
        leaf = leaf_hash(event, rfc3339(event.recorded_at))
        assert leaf != bytes(event.leaf)
        connection.execute(
            "UPDATE record.events SET leaf = %s WHERE position = %s", (leaf, position)
        )


def rewritten(one: Sealed) -> None:
    one.superuser(f"UPDATE {EVENTS} SET state = {ONE_CHARACTER} WHERE position = {P}")
    leaf_anew(one, P)


def swapped(one: Sealed) -> None:
    one.superuser(
        f"UPDATE {EVENTS} SET position = 1000000 + position WHERE position = {P}",
        f"UPDATE {EVENTS} SET position = {P} WHERE position = {Q}",
        f"UPDATE {EVENTS} SET position = {Q} WHERE position = 1000000 + {P}",
    )


def cut_off(one: Sealed) -> None:
    """Cut the tail off everything the database says about it."""
    one.superuser(
        f"DELETE FROM {EVENTS} WHERE position > {WITNESSED}",
        f"DELETE FROM record.commands WHERE first > {WITNESSED}",
        "DELETE FROM record.streams AS s WHERE NOT EXISTS"
        " (SELECT FROM record.events AS e WHERE e.stream_id = s.stream_id)",
        f"UPDATE record.log_head SET position = {WITNESSED}",
        f"DELETE FROM desk.checkpoints WHERE size > {WITNESSED}",
    )


def reinserted(one: Sealed) -> None:
    one.superuser(
        f"CREATE TABLE taken AS SELECT * FROM {EVENTS} WHERE position = {P}",
        f"DELETE FROM {EVENTS} WHERE position = {P}",
        f"UPDATE taken SET state = {ONE_CHARACTER}",
        f"INSERT INTO {EVENTS} SELECT * FROM taken",
    )
    leaf_anew(one, P)


def tiles_swapped(one: Sealed) -> None:
    first, second = one.log / path(0, 0), one.log / path(0, 1)
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)


def tile_damaged(one: Sealed) -> None:
    tile = one.log / path(0, 0)
    held = bytearray(tile.read_bytes())
    held[(P - 1) * 32] ^= 1
    tile.write_bytes(bytes(held))


def upper_tile_damaged(one: Sealed) -> None:
    tile = one.log / path(1, 0, HEAD // 256)
    held = bytearray(tile.read_bytes())
    held[32] ^= 1
    tile.write_bytes(bytes(held))


def tile_gone(one: Sealed) -> None:
    (one.log / path(0, 1)).unlink()


def leaf_and_tile(one: Sealed) -> None:
    rewritten(one)
    upper = one.log / path(1, 0, HEAD // 256)
    held = upper.read_bytes()
    one.rewrite_tiles()
    upper.write_bytes(held)


def all_tiles(one: Sealed) -> None:
    rewritten(one)
    one.rewrite_tiles()


def resigned(one: Sealed) -> None:
    """Rewrite row, leaf, tiles, checkpoint, guard and every row of the desk, with the log's key."""
    rewritten(one)
    _sign_everything(one, stolen=True)


def resigned_falsely(one: Sealed) -> None:
    rewritten(one)
    _sign_everything(one, stolen=False)


def _sign_everything(one: Sealed, *, stolen: bool) -> None:
    head = one.rewrite_tiles()
    (one.log / CHECKPOINT).write_bytes(one.sign(head, stolen=stolen))
    (one.home / "guard" / LAST).write_text(head.text, encoding="utf-8")
    with psycopg.connect(one.database.superuser_url) as connection:
        connection.execute("DELETE FROM desk.checkpoints")
        connection.execute(
            "INSERT INTO desk.checkpoints (track, size, root, signed_at, note)"
            " VALUES ('sha256', %s, %s, now(), %s)",
            (head.size, head.root, one.sign(head, stolen=stolen)),
        )


def desk_signed_anew(one: Sealed) -> None:
    """Put another root for an old size on the desk, signed with the stolen key."""
    false = Checkpoint(one.key.name, OLD, bytes(32))
    with psycopg.connect(one.database.superuser_url) as connection:
        connection.execute(
            "UPDATE desk.checkpoints SET root = %s, note = %s WHERE size = %s",
            (false.root, one.sign(false), OLD),
        )


def newest_gone(one: Sealed) -> None:
    (one.log / CHECKPOINT).unlink()


def older_put_back(one: Sealed) -> None:
    text = notes.parse(one.witnessed.read_bytes())
    (one.log / CHECKPOINT).write_bytes(notes.render(text))


MISSING_TAIL = sql(f"DELETE FROM {EVENTS} WHERE position > {WITNESSED}")
CASES = (
    column("position", "100000", Kind.MISSING),
    column("recorded_at", "recorded_at + interval '1 microsecond'"),
    column("version", "version + 1"),
    column("schema_version", "schema_version + 1"),
    column("stream_id", "stream_id || 'x'"),
    column("topic", "'sharing.request.agreed'"),
    column("state", ONE_CHARACTER),
    column("leaf", "sha256(leaf)", Kind.LEAF),
    Case(
        "column version set to NULL",
        sql(
            f"ALTER TABLE {EVENTS} ALTER version DROP NOT NULL",
            f"UPDATE {EVENTS} SET version = NULL WHERE position = {P}",
        ),
        P,
        Kind.ROW,
    ),
    Case(
        "one event deleted in the middle",
        sql(f"DELETE FROM {EVENTS} WHERE position = {P}"),
        P,
        Kind.MISSING,
    ),
    Case("two events exchanged", swapped, P, Kind.TOGETHER),
    Case("the tail deleted", MISSING_TAIL, WITNESSED + 1, Kind.MISSING, HEAD),
    Case("the tail cut off everywhere", cut_off, WITNESSED + 1, Kind.ROLLED_BACK, HEAD),
    Case("deleted and put in again with its own leaf", reinserted, P, Kind.TOGETHER),
    Case("an older backup restored", lambda _: None, OLD + 1, Kind.ROLLED_BACK, HEAD, older=True),
    Case("two tiles exchanged", tiles_swapped, 1, Kind.TILE),
    Case("a tile damaged", tile_damaged, P, Kind.TILE),
    Case("a tile deleted", tile_gone, 257, Kind.TILE),
    Case("an upper tile damaged", upper_tile_damaged, 257, Kind.UPPER_TILE, 512),
    Case("row, leaf and tile changed", leaf_and_tile, P, Kind.RESIGNED),
    Case(
        "row, leaf and tile changed; no mirror",
        leaf_and_tile,
        1,
        Kind.CHECKPOINT,
        256,
        mirror=False,
    ),
    Case(
        "row, leaf and all tiles changed; no mirror",
        all_tiles,
        1,
        Kind.CHECKPOINT,
        OLD,
        mirror=False,
    ),
    Case("signed again with the stolen key", resigned, P, Kind.RESIGNED),
    Case(
        "signed again with the stolen key; no mirror",
        resigned,
        1,
        Kind.CHECKPOINT,
        WITNESSED,
        mirror=False,
    ),
    Case("signed again with another key", resigned_falsely, P, Kind.RESIGNED),
    Case(
        "desk.checkpoints: another root",
        sql(f"UPDATE desk.checkpoints SET root = sha256(root) WHERE size = {OLD}"),
        OLD,
        Kind.SIGNATURE,
    ),
    Case(
        "desk.checkpoints: another note",
        sql(
            "UPDATE desk.checkpoints SET note = overlay(note PLACING 'A'::bytea FROM 40 FOR 1)"
            f" WHERE size = {OLD}"
        ),
        OLD,
        Kind.SIGNATURE,
    ),
    Case("desk.checkpoints: signed anew", desk_signed_anew, 1, Kind.CHECKPOINT, OLD),
    Case("the newest checkpoint deleted", newest_gone, 1, Kind.LOG_BEHIND, HEAD),
    Case("an older checkpoint put back", older_put_back, WITNESSED + 1, Kind.LOG_BEHIND, HEAD),
    Case(
        "the head set back",
        sql("UPDATE record.log_head SET position = position - 1"),
        HEAD,
        Kind.HEAD,
    ),
    Case(
        "a stream's version raised",
        sql(
            "UPDATE record.streams SET version = version + 1 WHERE stream_id ="
            f" (SELECT stream_id FROM {EVENTS} WHERE position = {P})"
        ),
        125,
        Kind.STREAM,
    ),
    Case(
        "two answers exchanged",
        sql(
            "UPDATE record.commands SET first = 1 - first WHERE first IN (121, 401)",
            "UPDATE record.commands SET first = 121 WHERE first = 1 - 401",
            "UPDATE record.commands SET first = 401 WHERE first = 1 - 121",
        ),
        121,
        Kind.COMMAND,
    ),
)
