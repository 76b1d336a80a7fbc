"""Signed requests: Ed25519 over method, path, query, digest and the named headers (RFC 9421).

A department's adapter signs with `sign`, the hub checks with `read` and `Claim.verify`. The
profile is narrow on purpose: one signature called `hub`, algorithm ed25519, and whatever could
change the meaning of the request must be covered.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

WINDOW_SECONDS = 300
"""How far `created` may be from the hub's clock, either way; nonces are kept as long."""
ALWAYS = ("@method", "@path", "@query")
IF_PRESENT = ("content-digest", "idempotency-key", "if-match", "hub-occurred-at", "content-type")
"""Headers that change what a request means: covered whenever they are sent."""

_INPUT = re.compile(
    r'hub=\((?P<covered>"[a-z@-]+"(?: "[a-z@-]+")*)\)'
    r';created=(?P<created>\d{1,12});nonce="(?P<nonce>[A-Za-z0-9_-]{16,64})"'
    r';keyid="(?P<key_id>[A-Za-z0-9._-]{1,80})";alg="ed25519"'
)
_SIGNATURE = re.compile(r"hub=:(?P<bytes>[A-Za-z0-9+/]{86}==):")
_DIGEST = re.compile(r"sha-256=:(?P<bytes>[A-Za-z0-9+/]{43}=):")


class BadSignature(Exception):
    """The signature headers are not in this profile, or do not match the request."""


def content_digest(sha256: bytes) -> str:
    """Return the Content-Digest header of a body with this SHA-256."""
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"


def read_digest(header: str) -> bytes:
    """Return the SHA-256 a Content-Digest header promises; raises BadSignature."""
    match = _DIGEST.fullmatch(header)
    if match is None:
        raise BadSignature("Content-Digest must be sha-256=:<base64>:")
    return base64.b64decode(match["bytes"])


def sign(
    key: Ed25519PrivateKey,
    key_id: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    *,
    created: int,
    nonce: str,
    body_sha256: bytes | None = None,
) -> dict[str, str]:
    """Return the headers that sign a request: Content-Digest, Signature-Input, Signature.

    `target` is path and query as sent; `headers` are those the request will carry (lower case
    names); `created` is Unix time in seconds; `body_sha256` is needed for a request with a body.
    """
    sent = dict(headers)
    if body_sha256 is not None:
        sent["content-digest"] = content_digest(body_sha256)
    covered = [*ALWAYS, *(name for name in IF_PRESENT if name in sent)]
    listed = " ".join(f'"{name}"' for name in covered)
    parameters = f'({listed});created={created};nonce="{nonce}";keyid="{key_id}";alg="ed25519"'
    path, _, query = target.partition("?")
    base = _base(covered, parameters, method, path, query, sent)
    signature = base64.b64encode(key.sign(base)).decode()
    signed = {"signature-input": f"hub={parameters}", "signature": f"hub=:{signature}:"}
    if body_sha256 is not None:
        signed["content-digest"] = sent["content-digest"]
    return signed


def new_nonce(random_bytes: bytes) -> str:
    """Return a nonce of 16 random bytes in the letters the profile allows."""
    return base64.urlsafe_b64encode(hashlib.sha256(random_bytes).digest()[:16]).decode().rstrip("=")


@dataclass(frozen=True)
class Claim:
    """What a signed request says of itself, before the key is known."""

    key_id: str
    nonce: str
    created: int
    base: bytes
    signature: bytes
    body_sha256: bytes | None

    def verify(self, public_key: bytes) -> None:
        """Check the signature with the key's 32 bytes; raises BadSignature."""
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.base)
        except (InvalidSignature, ValueError) as error:
            raise BadSignature("the signature does not match this request") from error


def read(method: str, path: str, query: str, headers: Mapping[str, str]) -> Claim:
    """Read the signature headers of a request (lower case names); raises BadSignature."""
    given = _INPUT.fullmatch(headers.get("signature-input", ""))
    signature = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if given is None or signature is None:
        raise BadSignature("Signature-Input and Signature must follow the profile in the reference")
    covered = given["covered"].replace('"', "").split(" ")
    missing = [name for name in ALWAYS if name not in covered]
    missing += [name for name in IF_PRESENT if name in headers and name not in covered]
    if missing:
        raise BadSignature(f"the signature does not cover {', '.join(missing)}")
    parameters = headers["signature-input"].partition("=")[2]
    digest = headers.get("content-digest")
    try:
        raw = base64.b64decode(signature["bytes"], validate=True)
    except binascii.Error as error:
        raise BadSignature("the signature is not base64") from error
    return Claim(
        key_id=given["key_id"],
        nonce=given["nonce"],
        created=int(given["created"]),
        base=_base(covered, parameters, method, path, query, headers),
        signature=raw,
        body_sha256=read_digest(digest) if digest else None,
    )


def _base(
    covered: list[str],
    parameters: str,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
) -> bytes:
    """Return the signature base of RFC 9421 §2.5."""
    derived = {"@method": method, "@path": path, "@query": f"?{query}"}
    lines = []
    for name in covered:
        value = derived.get(name) if name.startswith("@") else headers.get(name)
        if value is None:
            raise BadSignature(f"the signature covers {name}, which the request does not have")
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode()
