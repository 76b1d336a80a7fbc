"""The hub over HTTP: who we are, what we ask, and what its answers mean for us.

Two kinds of no: `Refused` is the hub's own sentence and will not change by itself; `Away` means
that it cannot answer now, and the same request is worth sending later.
"""

import hashlib
import secrets
import ssl
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from adapters.connectors.config import ConfigProblem, HubPart
from adapters.identity import signature

PIECE_BYTES = 1024 * 1024
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_API = "/api/v1"


class Away(Exception):
    """The hub cannot answer now; try again, not before `retry_after` seconds if it said so."""

    def __init__(self, why: str, retry_after: float = 0.0) -> None:
        """Keep why, in a few words."""
        super().__init__(why)
        self.retry_after = retry_after


class Refused(Exception):
    """The hub says no, in its own sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        """Keep the HTTP status and the problem's code."""
        super().__init__(sentence)
        self.status = status
        self.code = code


class Readable(Protocol):
    """Something to read pieces from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""
        ...


class _KeyAuth(httpx2.Auth):
    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class _SignedAuth(httpx2.Auth):
    """Signs each request anew (Ed25519); the digest of a streamed body is given beforehand."""

    def __init__(self, key: Ed25519PrivateKey, key_id: str) -> None:
        self._key, self._key_id = key, key_id

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        digest = request.extensions.get("body_sha256")
        if digest is None and request.method not in {"GET", "HEAD"}:
            digest = hashlib.sha256(request.content).digest()
        headers = {name.lower(): value for name, value in request.headers.items()}
        request.headers.update(
            signature.sign(
                self._key,
                self._key_id,
                request.method,
                request.url.raw_path.decode("ascii"),
                headers,
                created=int(time.time()),
                nonce=signature.new_nonce(secrets.token_bytes(16)),
                body_sha256=digest,
            )
        )
        yield request


class HubClient:
    """One connection to the hub."""

    def __init__(self, part: HubPart) -> None:
        """Read the secrets; raises ConfigProblem when they cannot be used."""
        verify = ssl.create_default_context(cafile=part.ca_file) if part.ca_file else True
        self._client = httpx2.Client(
            base_url=part.url,
            auth=_auth(part),
            timeout=httpx2.Timeout(part.timeout_seconds, connect=10.0),
            verify=verify,
            headers={"Accept-Language": "zh", "User-Agent": "hub-adapter"},
        )

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def get(self, path: str, **params: str | int) -> Any:
        """Return what the hub says at an address under /api/v1."""
        return self._answer("GET", path, params=params).json()

    def pages(self, path: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """Yield every row of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]

    def command(self, path: str, body: dict[str, Any], command_id: str) -> dict[str, Any]:
        """Send a command under an id that a retry keeps; return the receipt."""
        headers = {"Idempotency-Key": command_id}
        receipt: dict[str, Any] = self._answer("POST", path, json=body, headers=headers).json()
        return receipt

    def upload(self, path: str, file: Readable, size: int, sha256: bytes) -> None:
        """Send a file as it is."""

        def pieces() -> Iterator[bytes]:
            while piece := file.read(PIECE_BYTES):
                yield piece

        self._answer(
            "PUT",
            path,
            content=pieces(),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
            extensions={"body_sha256": sha256},
        )

    @contextmanager
    def download(
        self, path: str, headers: dict[str, str], **params: str
    ) -> Iterator[httpx2.Response]:
        """Open a file of the hub for reading piece by piece."""
        try:
            with self._client.stream(
                "GET", f"{_API}/{path}", params=params, headers=headers
            ) as response:
                if response.is_error:
                    response.read()
                _check(response)
                yield response
        except (httpx2.RequestError, httpx2.InvalidURL) as wrong:
            raise Away(_words(wrong)) from wrong

    def hub_time(self) -> float | None:
        """Return the hub's clock in Unix seconds as its answers tell; None if they do not."""
        date = self._send("GET", "/healthz").headers.get("date", "")
        try:
            return time.mktime(time.strptime(date, "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
        except ValueError:
            return None

    def _answer(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return self._send(method, f"{_API}/{path}", **more)

    def _send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        try:
            response = self._client.request(method, path, **more)
        except (httpx2.RequestError, httpx2.InvalidURL) as wrong:
            raise Away(_words(wrong)) from wrong
        _check(response)
        return response


def _auth(part: HubPart) -> httpx2.Auth:
    path = part.api_key_file or part.signing_key_file
    assert path is not None, "the configuration has one of them"
    try:
        secret = path.read_bytes()
    except OSError as wrong:
        raise ConfigProblem(f"the key file {path} cannot be read: {wrong.strerror}") from wrong
    if part.api_key_file is not None:
        key = secret.decode("ascii", errors="replace").strip()
        if not key.isascii() or not key:
            raise ConfigProblem(f"{path} does not hold an API key")
        return _KeyAuth(key)
    return _SignedAuth(_private_key(path, secret), part.key_id)


def _private_key(path: Path, secret: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(secret, password=None)
    except (ValueError, TypeError) as wrong:
        raise ConfigProblem(f"{path} is no private key in PEM without a password") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigProblem(f"{path} is a key of another kind; make an Ed25519 key")
    return key


def _check(response: httpx2.Response) -> None:
    if response.is_success:
        return
    if response.status_code in _BUSY:
        after = response.headers.get("retry-after", "")
        seconds = float(after) if after.isdigit() else 0.0
        raise Away(f"the hub answers {response.status_code}", seconds)
    try:
        problem = response.json()
        code, sentence = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        code, sentence = "", f"the hub answers {response.status_code}"
    raise Refused(response.status_code, code, sentence)


def _words(wrong: Exception) -> str:
    return f"the hub cannot be reached ({str(wrong) or type(wrong).__name__})"
