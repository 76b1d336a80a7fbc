"""范围 Scope: what may be asked of an entry at all, by the version of it that is in force.

Items of class 3 and core data never leave; methods, items and period stay inside the entry's own
closed conditions (Decree 809 §15; DOMAIN §2.5 for core data).
"""

from datetime import date

from hub.catalog.content import EntryContent, ShareConditions
from hub.catalog.kinds import Grade, ShareMethod, ShareType
from hub.errors import Conflict, Invalid

_NO_CONDITIONS = ShareConditions()


def require_shareable(content: EntryContent) -> ShareType:
    """Return the class of an entry that can be requested; refuse class 3 and core data."""
    if content.share_type is None or content.share_type is ShareType.NOT_SHARED:
        raise Conflict(
            f"“{content.title}” is not shared (class 3); register a demand or open a dispute",
            f"“{content.title}”为不予共享类，请登记需求或提出争议",
            where="entry_id",
        )
    if content.grade is Grade.CORE:
        raise Conflict(
            f"“{content.title}” is core data, which does not go through the hub",
            f"“{content.title}”为核心数据，不通过本平台共享",
            where="entry_id",
        )
    return content.share_type


def is_important(content: EntryContent, items: tuple[str, ...]) -> bool:
    """Say whether important data is asked for: it needs two approvals (DOMAIN §2.5)."""
    grades = {item.grade for item in content.items if item.name in items}
    return content.grade is Grade.IMPORTANT or Grade.IMPORTANT in grades


def require_scope(
    content: EntryContent, items: tuple[str, ...], methods: tuple[ShareMethod, ...]
) -> None:
    """Refuse items and methods that the entry does not offer."""
    conditions = content.share_conditions or _NO_CONDITIONS
    for name in items:
        _require_item(content, conditions, name)
    for method in methods:
        if method not in (conditions.methods or content.share_methods):
            offered = conditions.methods or content.share_methods
            raise Invalid(
                f"“{content.title}” is shared as {', '.join(offered)}, not as {method}",
                f"“{content.title}”的共享方式为{'、'.join(offered)}，不含{method}",
                where="methods",
            )


def require_period(content: EntryContent, start: date, end: date) -> None:
    """Refuse a period that runs backwards or is longer than the entry's conditions allow."""
    if end < start:
        raise Invalid(
            f"the period ends on {end}, before it begins on {start}",
            f"使用期限的截止日{end}早于起始日{start}",
            where="period_to",
        )
    days_max = (content.share_conditions or _NO_CONDITIONS).period_days_max
    days = (end - start).days + 1
    if days_max is not None and days > days_max:
        raise Invalid(
            f"“{content.title}” is shared for at most {days_max} days; {start} to {end} is {days}",
            f"“{content.title}”的使用期限最长{days_max}天，{start}至{end}为{days}天",
            where="period_to",
        )


def require_not_over(period_to: date, today: date) -> None:
    """Refuse a period that is over."""
    if period_to < today:
        raise Conflict(
            f"the period of use ended on {period_to}; the requester asks anew for another",
            f"使用期限已于{period_to}届满，须由需求部门另行申请",
            where="period_to",
        )


def require_conditions(content: EntryContent, conditions: tuple[str, ...]) -> None:
    """Refuse a condition that the entry does not state: a self-made obstacle (§15, P2)."""
    stated = content.share_conditions or _NO_CONDITIONS
    known = {*stated.purposes, *stated.security_demands}
    made_up = [condition for condition in conditions if condition not in known]
    if made_up:
        raise Invalid(
            f"the entry does not state the condition “{made_up[0]}”; a reply may not add one"
            " (Decree 809 §15)",
            f"目录未载明“{made_up[0]}”，答复不得增设条件(条例第十五条)",
            where="conditions",
        )


def _require_item(content: EntryContent, conditions: ShareConditions, name: str) -> None:
    item = next((item for item in content.items if item.name == name), None)
    if item is None or (conditions.items and name not in conditions.items):
        offered = conditions.items or content.item_names
        raise Invalid(
            f"“{content.title}” does not offer the item “{name}”; it offers {', '.join(offered)}",
            f"“{content.title}”不提供信息项“{name}”，可申请：{'、'.join(offered)}",
            where="items",
        )
    if item.item_share_type is ShareType.NOT_SHARED or item.grade is Grade.CORE:
        raise Invalid(
            f"the item “{name}” of “{content.title}” is not shared; leave it out",
            f"“{content.title}”的信息项“{name}”不予共享，请去除",
            where="items",
        )
