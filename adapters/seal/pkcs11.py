"""A signing key in a device behind PKCS#11 (a security module, a card): it never leaves there.

The setting `log_key` names it by a URI (RFC 7512), in which the PIN comes from a file:
`pkcs11:token=hub;object=log?module-path=/usr/lib/….so&pin-source=file:/run/secrets/pin`.
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.types import SignMixin

from adapters.keys import BadKey
from hub.seal.note import ED25519, VerifierKey

_POINT_BYTES = 32
_CURVE = b"\x13\x0cedwards25519"
"""The curve's name as PKCS#11 3.0 writes it: a DER PrintableString."""


class Place(NamedTuple):
    """Where a key is: the device's library, the token, the key's label, the file with the PIN."""

    module: str
    token: str
    label: str
    pin_file: Path | None

    @classmethod
    def parse(cls, uri: str) -> "Place":
        """Read a `pkcs11:` URI; raises BadKey for one that does not say enough."""
        path, _, query = uri.removeprefix("pkcs11:").partition("?")
        said = _pairs(path, ";") | _pairs(query, "&")
        if "pin-value" in said:
            raise BadKey(
                "The PIN of the key device stands in the setting log_key, where everybody reads "
                "it. Put it into a file and name that: pin-source=file:/…"
            )
        try:
            module, token, label = said["module-path"], said["token"], said["object"]
        except KeyError as error:
            raise BadKey(
                f"The setting log_key does not say {error.args[0]}. Write it as "
                "pkcs11:token=…;object=…?module-path=/…&pin-source=file:/…"
            ) from error
        pin = said.get("pin-source", "").removeprefix("file:")
        return cls(module, token, label, Path(pin) if pin else None)

    def session(self, *, writing: bool = False) -> pkcs11.Session:
        """Open a session with the device; raises BadKey."""
        try:
            pin = None if self.pin_file is None else self.pin_file.read_text("utf-8").strip()
            token = pkcs11.lib(self.module).get_token(token_label=self.token)
            try:
                return token.open(rw=writing, user_pin=pin)
            except pkcs11.UserAlreadyLoggedIn:  # one login is good for all sessions of a process
                return token.open(rw=writing)
        except OSError as error:
            raise BadKey(f"The PIN file {self.pin_file} cannot be read: {error}") from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise self.trouble(error) from error

    def trouble(self, error: Exception) -> BadKey:
        """Return what to say when the device fails."""
        return BadKey(
            f"The key “{self.label}” in the device “{self.token}” ({self.module}) cannot be used: "
            f"{type(error).__name__} {error}. Check the device, the PIN and the setting log_key."
        )


class DeviceSigner:
    """An Ed25519 key in a device."""

    def __init__(self, place: Place, session: pkcs11.Session, name: str) -> None:
        """Find the key in an open session; raises BadKey."""
        self._place = place
        try:
            private = session.get_key(ObjectClass.PRIVATE_KEY, label=place.label)
            public = session.get_key(ObjectClass.PUBLIC_KEY, label=place.label)
            # A point is wrapped as a DER octet string; some devices hand it out bare.
            point = bytes(public[Attribute.EC_POINT])[-_POINT_BYTES:]
        except pkcs11.PKCS11Error as error:
            raise place.trouble(error) from error
        if not isinstance(private, SignMixin):
            raise BadKey(f"The key “{place.label}” in the device “{place.token}” may not sign.")
        self._private = private
        self._key = VerifierKey(name, ED25519, point)

    @property
    def key(self) -> VerifierKey:
        """Return the public key."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message; raises BadKey when the device fails."""
        try:
            return bytes(self._private.sign(message, mechanism=Mechanism.EDDSA))
        except pkcs11.PKCS11Error as error:
            raise self._place.trouble(error) from error

    @classmethod
    def open(cls, uri: str, name: str) -> "DeviceSigner":
        """Open the key that a URI names, to sign under a name; raises BadKey."""
        place = Place.parse(uri)
        return cls(place, place.session(), name)


def make(uri: str) -> None:
    """Make a new Ed25519 key in the device, which keeps it; raises BadKey."""
    place = Place.parse(uri)
    with place.session(writing=True) as session:
        try:
            parameters = session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _CURVE}, local=True
            )
            parameters.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=place.label
            )
        except pkcs11.PKCS11Error as error:
            raise place.trouble(error) from error


def _pairs(text: str, between: str) -> dict[str, str]:
    pairs = (each.partition("=") for each in text.split(between) if each)
    return {name: unquote(value) for name, _, value in pairs}
