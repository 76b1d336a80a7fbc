"""The sealer: follows the record, lets the tree grow, signs, publishes.

Each step can be the last before a power cut: tiles, guard, signature, checkpoint, table. What the
guard holds was or will be signed; the next start signs just that again and goes on from there.
"""

import time
from contextlib import suppress
from threading import Event as Flag

import psycopg

from adapters.keys import BadKey, Signer
from adapters.seal import board, disk, rows
from adapters.seal.after import Hooks
from adapters.seal.growth import Grown, Growth
from adapters.seal.key import sign, with_more
from adapters.seal.mend import STEP, Say, inspect, take_up
from adapters.seal.opening import alone, begin, published_by
from adapters.seal.policy import add_to_board, is_witnessed, valid_of
from adapters.seal.store import CHECKPOINT, KEY
from adapters.seal.track import Track
from adapters.seal.trouble import CannotSeal, SealerAtWork, shorter
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.merkle import ProofError
from hub.seal.note import Note, NoteError
from hub.seal.policy import Policy
from hub.seal.tiles import WIDTH, BadTile, parse, path
from projections.connect import connect
from projections.reader import await_growth, head, listen

PACE_SECONDS, PACE_SECONDS_LOADED, LOADED_EVENTS = 0.2, 1.0, 500
"""A checkpoint at most this often, and less often while each brings so many events: a checkpoint
costs the disk some flushes, which the commits of a busy record wait behind."""
IDLE_SECONDS = 0.25
"""How long it listens before it looks for itself, at late cosignatures and old tiles too."""
TROUBLE_SECONDS = 5.0
"""How long after a trouble the sealer looks again whether it was mended."""
PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.1, 5.0
INSPECT_SECONDS = 0.02
"""How much of each round goes into looking through old tiles."""
THIN_SECONDS = 60.0


class Sealer:
    """Seals one track until it is told to stop."""

    def __init__(
        self,
        track: Track,
        url: str,
        *,
        say: Say,
        hooks: Hooks | None = None,
        policy: Policy | None = None,
    ) -> None:
        """Keep the track, the address of the record, who hears of checkpoints, who witnesses."""
        self._track = track
        self._url = url
        self._say = say
        self._hooks = hooks
        self._policy = policy
        self._said = ""

    def run(self, stop: Flag) -> None:
        """Seal until `stop` is set; what is wrong is said, kept on the board, and looked at again.

        Returns only then.
        """
        pause = PAUSE_SECONDS_MIN
        while not stop.is_set():
            try:
                with (
                    connect(self._url, purpose="sealer") as connection,
                    alone(connection, self._track.name),
                    self._track.guard.held(),
                ):
                    listen(connection)
                    work = _Work(self._track, connection, self._say, self._hooks, self._policy)
                    work.begin()
                    self._said, pause = "", PAUSE_SECONDS_MIN
                    work.go_on(stop)
            except (CannotSeal, BadKey, OSError, BadTile, NoteError, ProofError) as error:
                self._stand_still(error)
                stop.wait(TROUBLE_SECONDS)
            except (SealerAtWork, psycopg.Error) as error:
                self._tell(f"waiting: {_first_line(error)}")
                stop.wait(pause)
                pause = min(pause * 2, PAUSE_SECONDS_MAX)

    def _stand_still(self, error: Exception) -> None:
        words = str(error) or type(error).__name__
        self._tell(f"nothing is sealed: {words}")
        with suppress(psycopg.Error), connect(self._url, purpose="sealer") as connection:
            said = error if isinstance(error, CannotSeal) else CannotSeal(words)
            board.troubled(connection, self._track.name, words, said.position, said.chinese)

    def _tell(self, words: str) -> None:
        """Say something once, not every few seconds."""
        if words != self._said:
            self._said = words
            self._say(f"{self._track.name}: {words}")


class _Work:
    """One session: a connection, the guard in our hands, the tree as far as it was signed."""

    def __init__(
        self,
        track: Track,
        connection: psycopg.Connection,
        say: Say,
        hooks: Hooks | None,
        policy: Policy | None,
    ) -> None:
        self._track = track
        self._connection = connection
        self._say = say
        self._hooks = hooks
        self._policy = policy
        self._signer: Signer
        self._signed: Checkpoint
        self._growth: Growth
        self._thinned_at = 0.0

    def begin(self) -> None:
        """Open the key, take up the tree, and publish what was signed last if it is not yet."""
        track, connection = self._track, self._connection
        self._signed, self._signer = begin(track, connection)
        disk.put(track.files.folder, {KEY: f"{self._signer.key.text}\n".encode()})
        if (end := head(connection)) < self._signed.size:
            raise shorter(end, self._signed.size)
        self._growth = take_up(connection, track.files, self._signed, track.leaf, self._say)
        self._publish_last()
        self._inspection = inspect(
            connection, track.files, self._signed.size, track.leaf, self._say
        )
        board.well(connection, track.name)

    def _publish_last(self) -> None:
        """Do what a power cut may have left undone: publish what was signed, enter it."""
        published = published_by(self._track)
        if not self._signed.size:
            return
        if published is None or published.text != self._signed.text:
            self._publish(sign(self._signer, self._signed))
        elif board.note_of(self._connection, self._track.name, self._signed.size) is None:
            self._enter(published)

    def go_on(self, stop: Flag) -> None:
        """Seal whatever the record grows by, at a steady pace."""
        while not stop.is_set():
            started = time.monotonic()
            end = head(self._connection)
            if end < self._signed.size:
                raise shorter(end, self._signed.size)
            before = self._signed.size
            grew = end > before
            if grew:
                self._seal(min(end, before + STEP))
            self._look_around()
            if not grew:
                await_growth(self._connection, self._signed.size, seconds_max=IDLE_SECONDS)
            elif self._signed.size == end:
                loaded = end - before >= LOADED_EVENTS
                pace = PACE_SECONDS_LOADED if loaded else PACE_SECONDS
                stop.wait(max(0.0, started + pace - time.monotonic()))

    def _seal(self, upto: int) -> None:
        """Read, check, write, guard, sign, publish: in this order."""
        found = rows.read(self._connection, self._signed.size, upto, self._track.leaf)
        if found.hashes:
            grown = self._growth.add(found.hashes)
            disk.put(self._track.files.folder, grown.files)
            after = Checkpoint(self._signed.origin, grown.size, grown.root)
            self._track.guard.advance(self._signed, after, grown.tiles)
            self._signed = after
            self._growth.take(grown)
            self._publish(sign(self._signer, after))
            self._drop_parts(grown)
        if found.trouble is not None:
            raise found.trouble

    def _publish(self, note: Note) -> None:
        """Ask the witnesses, put the checkpoint in its place, enter it on the board."""
        if self._hooks is not None:
            note = with_more(note, self._hooks.ask(notes.render(note)))
        disk.put(self._track.files.folder, {CHECKPOINT: notes.render(note)})
        self._enter(note)

    def _enter(self, note: Note) -> None:
        checkpoint = Checkpoint.parse(note.text)
        witnessed = is_witnessed(self._policy, note)
        board.enter(
            self._connection, self._track.name, checkpoint, notes.render(note), witnessed=witnessed
        )

    def _drop_parts(self, grown: Grown) -> None:
        """Remove the parts of tiles that are whole now; who asks for one gets the whole tile."""
        for address in grown.files:
            level, number, width = parse(address)
            if width == WIDTH:
                parts = self._track.files.folder / (path(level, number) + ".p")
                for part in parts.glob("*"):
                    part.unlink()
                with suppress(FileNotFoundError):
                    parts.rmdir()

    def _look_around(self) -> None:
        """Take in late cosignatures, thin out the table, look through some old tiles."""
        for data, more in [] if self._hooks is None else self._hooks.late():
            add_to_board(self._connection, self._track.name, notes.parse(data), more, self._policy)
        self._publish_handed_in()
        if time.monotonic() > self._thinned_at + THIN_SECONDS:
            self._thinned_at = time.monotonic()
            board.thin_out(self._connection, self._track.name)
        until = time.monotonic() + INSPECT_SECONDS
        for _ in self._inspection:
            if time.monotonic() > until:
                break

    def _publish_handed_in(self) -> None:
        """Put cosignatures that came later, or through the API, under the published checkpoint.

        The board is no more than a letter box: only what holds by the policy is taken from it.
        """
        if self._policy is None:
            return
        try:
            kept = board.note_of(self._connection, self._track.name, self._signed.size)
            published = self._track.files.checkpoint()
            if kept is None or published is None or kept == published:
                return
            note, box = notes.parse(published), notes.parse(kept)
        except NoteError:
            return  # somebody else than us wrote there
        handed_in = note._replace(signatures=box.signatures)
        more = with_more(note, list(valid_of(self._policy, handed_in).values()))
        if more != note:
            disk.put(self._track.files.folder, {CHECKPOINT: notes.render(more)})


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
