"""时间戳 Time stamps (RFC 3161): once a day an authority outside the house signs a checkpoint.

It keeps, under `daily/`, the checkpoint of the day as it was stamped (`2026-11-22.checkpoint`) and
the authority's answer (`2026-11-22.tsr`); anybody checks them with

    openssl ts -verify -data 2026-11-22.checkpoint -in 2026-11-22.tsr -CAfile authority.pem
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx2
import psycopg
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from adapters.seal import board, disk
from adapters.seal.track import Track
from adapters.settings import Settings
from hub.departments.calendar import local_day
from hub.seal import note as notes
from hub.seal.checkpoint import Checkpoint
from hub.seal.note import Signature

FOLDER = "daily"
SECONDS_MAX = 15.0
REST_SECONDS_MIN, REST_SECONDS_MAX = 10.0, 1_800.0
ANSWER_BYTES_MAX = 256 * 1024
_LOOKS, _LOOK_SECONDS = 50, 0.1
"""The line in the table is written a moment after we hear of the checkpoint."""
_OK = 200
Say = Callable[[str], None]


class NoStamp(Exception):
    """There is no good stamp; the sentence says why."""


def hooks(settings: Settings, track: Track, url: str, say: Say) -> "list[DailyStamp]":
    """Return the coroutine (an AfterSigning) that has a track stamped, if an authority is named."""
    if settings.tsa_url is None:
        return []
    if settings.tsa_certificate is None:
        say("no time stamps: tsa_certificate must name the certificate of the authority's root")
        return []
    return [DailyStamp(settings.tsa_url, settings.tsa_certificate, track, url, say)]


class DailyStamp:
    """Has the first checkpoint of each day stamped, in the background; tries again until it is."""

    def __init__(
        self,
        authority: str,
        certificate: Path,
        track: Track,
        url: str,
        say: Say,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep the authority's address and root, the track and the address of the table."""
        self._authority = authority
        self._certificate = certificate
        self._track = track
        self._url = url
        self._say = say
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._rest = REST_SECONDS_MIN
        self._rest_until = datetime.min.replace(tzinfo=UTC)

    async def __call__(self, data: bytes) -> Sequence[Signature]:
        """Begin to have this checkpoint stamped if the day has none yet; signs nothing itself."""
        now = self._clock()
        day = local_day(now)
        busy = self._task is not None and not self._task.done()
        if busy or now < self._rest_until or self._place(day).exists():
            return ()
        self._task = asyncio.create_task(self._have_stamped(day, data))
        return ()

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        if self._task is not None:
            await self._task

    async def close(self) -> None:
        """Give up what is under way; the next start asks again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _have_stamped(self, day: date, data: bytes) -> None:
        try:
            stamp = await obtain(self._authority, self._certificate, data)
            files = {f"{day}.checkpoint": data, f"{day}.tsr": stamp}
            await asyncio.to_thread(disk.put, self._track.files.folder / FOLDER, files)
            await self._note(data, stamp)
        except (NoStamp, OSError, psycopg.Error) as error:
            self._say(f"no time stamp of {day} yet, asking again in {self._rest:g} s: {error}")
            self._rest_until = self._clock() + timedelta(seconds=self._rest)
            self._rest = min(self._rest * 2, REST_SECONDS_MAX)
        else:
            self._rest = REST_SECONDS_MIN

    async def _note(self, data: bytes, stamp: bytes) -> None:
        """Let the table know, for pages; what counts are the files."""
        size = Checkpoint.parse(notes.parse(data).text).size
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, application_name="hub stamp"
        ) as connection:
            for _ in range(_LOOKS):
                if await board.stamped(connection, self._track.name, size, stamp):
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    def _place(self, day: date) -> Path:
        return self._track.files.folder / FOLDER / f"{day}.tsr"


async def obtain(authority: str, certificate: Path, data: bytes) -> bytes:
    """Return an authority's stamp over some bytes, checked; raises NoStamp."""
    request = (
        TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
        .cert_request(cert_request=True).nonce(nonce=True).build()
    )  # fmt: skip
    try:
        async with httpx2.AsyncClient(timeout=SECONDS_MAX) as client:
            answer = await client.post(
                authority,
                content=request.as_bytes(),
                headers={"content-type": "application/timestamp-query"},
            )
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise NoStamp(
            f"{authority} does not answer: {str(error) or type(error).__name__}"
        ) from error
    if answer.status_code != _OK or len(answer.content) > ANSWER_BYTES_MAX:
        raise NoStamp(f"{authority} answered {answer.status_code}, {len(answer.content)} bytes")
    builder = VerifierBuilder.from_request(request)
    _check(builder, certificate, data, answer.content, f"the answer of {authority}")
    return answer.content


def check_stamp(certificate: Path, data: bytes, stamp: bytes) -> None:
    """Raise NoStamp unless some bytes were stamped by the authority with this root."""
    _check(VerifierBuilder(), certificate, data, stamp, "the file")


def _check(
    builder: VerifierBuilder, certificate: Path, data: bytes, stamp: bytes, what: str
) -> None:
    try:
        verifier = builder.add_root_certificate(_root(certificate)).build()
        verifier.verify_message(decode_timestamp_response(stamp), data)
    except (VerificationError, ValueError) as error:
        raise NoStamp(f"{what} is no good stamp: {error}") from error


def _root(certificate: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise NoStamp(f"the certificate {certificate} cannot be read: {error}") from error
