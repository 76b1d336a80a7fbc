"""The door: from what a request shows to the `Speaker` behind it.

Answers of the database are remembered for some seconds, so a busy machine costs one look-up now
and then; a revoked session or key therefore still opens the door of another process for at most
`REMEMBER_SECONDS`. Nonces of signed requests are never remembered but always asked.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import anyio.to_thread
import msgspec
import psycopg
from psycopg_pool import ConnectionPool

from adapters.identity import credentials, signature
from adapters.identity.credentials import Identified
from adapters.identity.words import Unauthenticated
from hub.actor import Role, Speaker, Via

COOKIE = "hub_session"
REMEMBER_SECONDS = 5.0
REMEMBERED_MAX = 10_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_Answer = TypeVar("_Answer")


class Visitor(msgspec.Struct, frozen=True):
    """Who stands at the door, how he came, and which body he signed, if he signed one."""

    speaker: Speaker
    body_sha256: bytes | None = None
    signed: bool = False


class Door:
    """Knows everybody by session, API key or signature."""

    def __init__(
        self,
        pool: ConnectionPool,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Look accounts up through this pool, whose connections are in autocommit."""
        self._pool = pool
        self._monotonic = monotonic
        self._wall_clock = wall_clock
        self._known: dict[bytes, tuple[float, Visitor]] = {}

    async def admit(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Visitor:
        """Return who makes this request (header names in lower case); raises Unauthenticated."""
        authorization = headers.get("authorization", "")
        if authorization:
            return await self._by_token(authorization)
        if "signature-input" in headers:
            return await self._by_signature(method, path, query, headers)
        token = session_cookie(headers.get("cookie", ""))
        if token:
            _check_origin(method, headers)
            return await self._by_session(token, Via.UI)
        raise Unauthenticated(
            "say who you are: log in at /api/v1/identity/sessions, or send an API key or a"
            " signed request",
            "请先表明身份：在 /api/v1/identity/sessions 登录，或使用接口密钥或签名请求",
        )

    def forget(self) -> None:
        """Remember nobody: after a log-out, a new password, a revoked key."""
        self._known.clear()

    async def _by_token(self, authorization: str) -> Visitor:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated(
                "the Authorization header must be “Bearer” and a session token or API key",
                "Authorization 头应为“Bearer”加会话令牌或接口密钥",
            )
        if not token.startswith(credentials.KEY_PREFIX):
            return await self._by_session(token, Via.API)
        return await self._remembered(
            token, Via.API, lambda connection: credentials.behind_api_key(connection, token)
        )

    async def _by_session(self, token: str, via: Via) -> Visitor:
        return await self._remembered(
            token, via, lambda connection: credentials.behind_session(connection, token)
        )

    async def _remembered(
        self, token: str, via: Via, look_up: Callable[[psycopg.Connection], Identified | None]
    ) -> Visitor:
        key = hashlib.sha256(f"{via} {token}".encode()).digest()
        known = self._known.get(key)
        if known is not None and known[0] > self._monotonic():
            return known[1]
        found = await self._ask(look_up)
        if found is None:
            raise Unauthenticated(
                "this session or key is not valid or has ended; log in again",
                "会话或密钥无效或已过期，请重新登录",
            )
        visitor = Visitor(_speaker(found, via))
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        self._known[key] = (self._monotonic() + REMEMBER_SECONDS, visitor)
        return visitor

    async def _by_signature(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Visitor:
        try:
            claim = signature.read(method, path, query, headers)
            known = await self._verified(claim)
        except signature.BadSignature as error:
            raise Unauthenticated(str(error), f"请求签名无效：{error}") from error
        fresh = await self._ask(
            lambda connection: credentials.take_nonce(connection, claim.key_id, claim.nonce)
        )
        if not fresh:
            raise Unauthenticated(
                "this signed request was sent before; sign it again with a new nonce",
                "该签名请求已使用过，请用新的随机数重新签名",
            )
        return Visitor(_speaker(known, Via.API), claim.body_sha256, signed=True)

    async def _verified(self, claim: signature.Claim) -> Identified:
        if abs(self._wall_clock() - claim.created) > signature.WINDOW_SECONDS:
            raise signature.BadSignature(
                "the signature was made too long ago or in the future; set the machine's clock"
            )
        found = await self._ask(
            lambda connection: credentials.behind_signing_key(connection, claim.key_id)
        )
        if found is None:
            raise signature.BadSignature(f"no key “{claim.key_id}” is registered")
        claim.verify(found[0])
        return found[1]

    async def _ask(self, question: Callable[[psycopg.Connection], _Answer]) -> _Answer:
        def ask() -> _Answer:
            with self._pool.connection() as connection:
                return question(connection)

        return await anyio.to_thread.run_sync(ask)


def session_cookie(cookie: str) -> str:
    """Return the session token in a Cookie header, or nothing."""
    for part in cookie.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""


def _speaker(found: Identified, via: Via) -> Speaker:
    door = Via.ADAPTER if found.kind == "adapter" else via
    standing = Role(found.standing) if found.standing else None
    return Speaker(found.org_id, found.person_id, door, standing)


def _check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Refuse a change that another site's page sends with the visitor's cookie (CSRF)."""
    if method in SAFE:
        return
    origin = headers.get("origin", "").partition("://")[2]
    if origin == headers.get("host", "") if origin else "hub-request" in headers:
        return
    raise Unauthenticated(
        "with a session cookie a change must come from the hub's own pages: send the header"
        " Hub-Request: 1 or the right Origin",
        "使用会话 Cookie 提交变更时，请求须来自本系统页面：请带 Hub-Request: 1 或正确的 Origin",
    )
