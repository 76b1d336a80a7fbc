"""Passwords: argon2id, hashed and checked in a thread because each takes tens of milliseconds.

The cost is the first choice of the OWASP sheet (19 MiB, two passes, one lane): the hash is slow
for a thief and the log-in of forty officers on a Monday morning is not slow for them.
"""

from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.errors import Invalid

LENGTH_MIN = 10
LENGTH_MAX = 200

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash("nobody has this password")
"""Checked when the name is unknown, so that the time of the answer does not give names away."""
_HASHERS = ThreadPoolExecutor(2, "passwords")
"""Few threads hash, whoever waits: the C library keeps for each the memory of a hash or three."""


def hash_password(password: str) -> str:
    """Return the argon2id hash; raises Invalid for a password outside the lengths."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise Invalid(
            f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters",
            f"密码长度应为{LENGTH_MIN}至{LENGTH_MAX}个字符",
            where="password",
        )
    return _HASHERS.submit(_HASHER.hash, password).result()


def password_matches(stored: str | None, password: str) -> bool:
    """Say whether the password is the stored one; takes as long when nothing is stored."""
    try:
        _HASHERS.submit(_HASHER.verify, stored or _NOBODY, password[:LENGTH_MAX]).result()
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
