"""Whose account the servers run under, and where that account can reach their files.

PostgreSQL refuses to run as root. So when the hub is root, its servers run as an
unprivileged account, and whatever that account could not reach (a virtual environment
or a home under `/root`) is kept under `/var/lib/shuqiao` instead.
"""

import os
import pwd
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from adapters.stack.problem import StackProblem

SYSTEM = Path("/var/lib/shuqiao")
# An account of our own if the operator made one, else the one every system has.
CANDIDATES = ("shuqiao", "nobody")


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int


def servers_account() -> Account | None:
    """Return the account for the servers, or None when we are an ordinary user ourselves."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise StackProblem(
        "PostgreSQL refuses to run as root and this machine has no account "
        f"{' or '.join(CANDIDATES)}. Create one (useradd --system shuqiao) or run the hub "
        "as an ordinary user."
    )


def reachable(path: Path, account: Account) -> bool:
    """Say whether the account may walk down to this path."""
    return all(_may_enter(folder.stat(), account) for folder in path.resolve().parents)


def _may_enter(folder: os.stat_result, account: Account) -> bool:
    if folder.st_uid == account.uid:
        return bool(folder.st_mode & stat.S_IXUSR)
    if folder.st_gid == account.gid:
        return bool(folder.st_mode & stat.S_IXGRP)
    return bool(folder.st_mode & stat.S_IXOTH)


def folder_for(home: Path, name: str, account: Account | None) -> Path:
    """Return the folder `home/name`, made so that the account owns it and reaches it.

    Where the account could never reach the home, the folder lies under `/var/lib/shuqiao`
    and the home holds a link to it.
    """
    folder = home / name
    if account is None:
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
    if not folder.exists() and not reachable(folder, account):
        # A name of its own: a home that is moved keeps what is its own, and a new one at the
        # old place starts empty.
        elsewhere = SYSTEM / "homes" / secrets.token_hex(8) / name
        _make_open(elsewhere.parent)
        elsewhere.mkdir(mode=0o700)
        folder.unlink(missing_ok=True)
        folder.symlink_to(elsewhere)
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, account.uid, account.gid)
    return folder.resolve()


def programs_for(account: Account | None, source: Path, *parts: str, version: str) -> Path:
    """Return a folder holding `parts` of `source` that the account can execute from.

    That is `source` itself where the account reaches it, else a copy made once per version.
    """
    if account is None or reachable(source / parts[0], account):
        return source
    copy = SYSTEM / "programs" / version
    if not copy.exists():
        _make_open(copy.parent)
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in parts:
            _copy(source / part, draft / part)
        _let_everybody_run(draft)
        try:
            draft.rename(copy)
        except OSError:  # another command made the same copy meanwhile
            shutil.rmtree(draft, ignore_errors=True)
    return copy


def _make_open(folder: Path) -> None:
    """Make a folder that everybody may pass through, whatever our umask says."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in (folder, *folder.parents):
        if one.is_relative_to(SYSTEM):
            one.chmod(0o755)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)


def _let_everybody_run(copy: Path) -> None:
    """Programs installed under a strict umask are closed; their copy must not be."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
