"""Whose signatures count: the log's public key, and the witnesses named in a policy."""

from pathlib import Path

from adapters.keys import FileSigner
from adapters.seal.key import DEVICE
from adapters.seal.store import KEY
from hub.seal.note import VerifierKey
from hub.seal.policy import Policy


def key_for(
    given: str | None, policy: Policy | None, log_key: str, log: Path
) -> VerifierKey | None:
    """Return the log's public key: the one given, else the policy's, else the home's own.

    The home's own is that of the key file; only where the key lies in a device, the one that the
    log publishes. None where there is none. Raises NoteError and BadKey for a key that is none.
    """
    if given is not None:
        return VerifierKey.parse(given)
    if policy is not None and len(policy.logs) == 1:
        return policy.logs[0]
    if not log_key.startswith(DEVICE):
        return FileSigner.read(Path(log_key)).key if Path(log_key).exists() else None
    published = log / KEY
    return VerifierKey.parse(published.read_text(encoding="utf-8")) if published.exists() else None


def policy_for(given: Path | None, of_home: Path) -> Policy | None:
    """Return the policy given, else the home's own if it has one; raises NoteError and OSError."""
    path = given or of_home
    if given is None and not path.exists():
        return None
    return Policy.parse(path.read_text(encoding="utf-8"))
