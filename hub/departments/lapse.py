"""When the clock may say that a duty lapsed, and how a provisional term becomes final.

Nobody is called late on a provisional date, twice for one duty, or when he was in time. A duty
done late before the clock noticed is still recorded as overdue: the delay is a fact (DOMAIN §3.5).
"""

from datetime import datetime

from hub.departments.due import Due
from hub.departments.ruleset import due as count
from hub.errors import Conflict
from hub.state import States


def require_lapsed(
    due: Due | None, done_at: datetime | None, at: datetime, *, recorded: bool
) -> Due:
    """Return the term that ended undone; refuse where nobody may be called late."""
    if due is None:
        raise Conflict("no term is running here", "此处没有正在计算的时限")
    if recorded:
        raise Conflict(
            f"that the term ended on {due.on} was recorded already",
            f"{due.on}到期的逾期情况已记录",
        )
    if due.provisional:
        raise Conflict(
            f"the term to {due.on} is provisional: a work calendar it touches is not published",
            f"至{due.on}的时限为暂定：所涉年度的工作日历尚未发布",
        )
    if at < due.ends_at:
        raise Conflict(f"the term runs to the end of {due.on}", f"时限至{due.on}届满，尚未到期")
    if done_at is not None and done_at < due.ends_at:
        raise Conflict(f"it was done before the end of {due.on}", f"已在{due.on}届满前办理")
    return due


def confirm(states: States, due: Due | None, at: datetime, *, days: int | None = None) -> Due:
    """Count a provisional term anew on the calendars now published; refuse while one is missing.

    `days` is the whole term where it is not the rule's own: extended, or set by somebody.
    """
    if due is None or not due.provisional:
        raise Conflict("no provisional term is running here", "此处没有暂定时限")
    final = count(states, due.duty, due.rule, due.owner_id, due.started_on, at, days=days)
    if final.provisional:
        raise Conflict(
            f"a work calendar the term to {final.on} touches is still not published",
            f"至{final.on}的时限所涉工作日历仍未发布",
        )
    return final
