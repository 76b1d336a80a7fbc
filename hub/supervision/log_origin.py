"""存证日志 The sealed log: when it could not go on, a new one begins, and the record says so.

A log ends when its key was stolen or lost, or when the record lost events that it had sealed. The
next one has another name and another key and covers the record from its first event on.
"""

from datetime import datetime

from hub.actor import Actor
from hub.errors import Conflict
from hub.state import State, States
from hub.supervision import commands as c
from hub.supervision import events as e


class SealedLog(State, frozen=True, kw_only=True):
    """The names the log has had, the present one last; the very first one only as an earlier."""

    STREAM = "supervision.log"

    origins: tuple[str, ...]


def evolve(state: SealedLog | None, event: e.LogOriginStarted) -> SealedLog:
    """Fold a beginning."""
    before = () if state is None else state.origins
    return SealedLog(origins=(*before, event.previous_origin, event.origin))


def start(command: c.StartLogOrigin, states: States, by: Actor, at: datetime) -> e.LogOriginStarted:
    """Begin a log under a name that no earlier one had."""
    log = states.maybe(SealedLog, command.log_id)
    used = {command.previous_origin} | set(() if log is None else log.origins)
    if command.origin in used:
        raise Conflict(
            f"the log {command.origin} has been before and cannot begin again; choose another name",
            f"日志名称{command.origin}已使用过，不得重新启用，请另取名称",
            where="origin",
        )
    return e.LogOriginStarted(
        at=at,
        by=by,
        log_id=command.log_id,
        origin=command.origin,
        key=command.key,
        reason=command.reason,
        previous_origin=command.previous_origin,
        previous_size=command.previous_size,
        previous_root=command.previous_root,
    )
