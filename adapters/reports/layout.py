"""What stands where in the annual report: its sections, tables and charts (DOMAIN §3.7)."""

import msgspec


class Words(msgspec.Struct, frozen=True):
    """A heading in both languages."""

    zh: str
    en: str


class KeyFigures(msgspec.Struct, frozen=True):
    """A table of single figures, one per line; `compared` adds the year before."""

    words: Words
    figures: tuple[str, ...]
    compared: bool = False


class Breakdown(msgspec.Struct, frozen=True):
    """A table with one line per part and one column per figure; all are broken down alike.

    `heads` name the parts; `top` keeps only the largest; `chart` draws the first figure; the
    line of the whole stands last unless `total` is off.
    """

    words: Words
    heads: tuple[Words, ...]
    figures: tuple[str, ...]
    top: int = 0
    chart: bool = False
    total: bool = True


class Section(msgspec.Struct, frozen=True):
    """A numbered section; numbers are those of the report as filed, so some are not there yet."""

    number: int
    words: Words
    blocks: tuple[KeyFigures | Breakdown, ...]


_DEPARTMENT = Words("部门", "Department")
_CLASS = Words("类别", "Class")
_GRADE = Words("分级", "Grade")
_REASON = Words("理由", "Reason")
_METHOD = Words("共享方式", "Method")


def _clock(*keys: str) -> tuple[str, ...]:
    """Return the four figures of each judged duty."""
    return tuple(f"{key}_{what}" for key in keys for what in ("due", "on_time", "late", "rate"))


_GENERAL = Section(
    1,
    Words("总体情况", "Overview"),
    (
        KeyFigures(
            Words("主要指标", "Main figures"),
            ("departments", "entries", "resources", "requests", "grants", "calls", "rows"),
            compared=True,
        ),
    ),
)
_ORGANISATION = Section(
    2,
    Words("组织与制度", "Organisation"),
    (
        KeyFigures(Words("共享工作机构", "Sharing offices"), ("sharing_units",)),
        Breakdown(Words("人员", "Officers"), (Words("角色", "Role"),), ("officers",)),
    ),
)
_CATALOGUE = Section(
    3,
    Words("目录管理", "Catalogue"),
    (
        Breakdown(
            Words(
                "表T1 各部门目录数(类别:1 无条件 2 有条件 3 不予共享)",
                "T1 Entries by department (class 1 unconditional, 2 conditional, 3 not shared)",
            ),
            (_DEPARTMENT, _CLASS, _GRADE),
            (
                "entries_opening",
                "entries_new",
                "entries_changed",
                "entries_withdrawn",
                "entries_closing",
            ),
        ),
        Breakdown(Words("统一目录发布", "Releases"), (Words("编号", "Number"),), ("releases",)),
        KeyFigures(
            Words("表T2 更新与审核", "T2 Updates and review"),
            ("updates_raised", *_clock("updates"), "updates_extended", *_clock("reviews")),
        ),
        Breakdown(Words("审核退回", "Returned at review"), (_REASON,), ("entries_returned",)),
        Breakdown(
            Words("附:不予共享目录全表", "Annex: all entries not shared"),
            (_DEPARTMENT, Words("目录", "Entry"), Words("依据", "Basis"), _REASON),
            ("entries_not_shared",),
        ),
    ),
)
_CONVERGENCE = Section(
    5,
    Words("汇聚与资源", "Convergence and resources"),
    (
        Breakdown(
            Words("在用资源", "Serving resources"), (_METHOD,), ("resources_serving",), chart=True
        ),
        Breakdown(
            Words("表T4 各部门汇聚情况", "T4 Convergence by department"),
            (_DEPARTMENT,),
            (
                "batches_received",
                "batches_accepted",
                "batches_rejected",
                "data_rows",
                "data_bytes",
                "freshness_breaches",
                "mount_rate",
            ),
        ),
        Breakdown(Words("批次退回", "Rejected batches"), (_REASON,), ("rejection_reasons",)),
    ),
)
_QUALITY = Section(
    6,
    Words("质量与校核", "Quality and corrections"),
    (
        Breakdown(
            Words("表T6 质量合格率", "T6 Quality by rule"),
            (Words("规则", "Rule"),),
            ("quality_by_rule",),
        ),
        Breakdown(
            Words("分部门质量合格率", "Quality by department"),
            (_DEPARTMENT,),
            ("quality_by_department",),
        ),
        Breakdown(
            Words("表T7 各部门校核", "T7 Corrections by department"),
            (_DEPARTMENT,),
            (
                "corrections_raised",
                "corrections_corrected",
                "corrections_declined",
                "corrections_contested",
            ),
        ),
        KeyFigures(
            Words("校核时效", "Corrections in time"),
            (*_clock("corrections"), "corrections_passed_on", "corrections_days"),
        ),
        Breakdown(
            Words("主要问题", "Causes"),
            (Words("问题类型", "Cause"),),
            ("corrections_causes",),
            chart=True,
        ),
        Breakdown(Words("提出校核", "Raised with others"), (_DEPARTMENT,), ("corrections_by_us",)),
    ),
)
_REQUESTS = Section(
    7,
    Words("共享申请与供给", "Requests and supply"),
    (
        Breakdown(
            Words("收到申请(按类别)", "Received, by class"),
            (_CLASS,),
            ("requests_by_class",),
            chart=True,
        ),
        Breakdown(
            Words("表T8 各提供方", "T8 By provider"),
            (_DEPARTMENT,),
            (
                "requests_opening",
                "requests_received",
                "requests_agreed",
                "requests_declined",
                "requests_withdrawn",
                "requests_open",
            ),
        ),
        Breakdown(
            Words("各使用方", "By requester"),
            (_DEPARTMENT,),
            ("requests_sent", "sent_agreed", "sent_declined"),
        ),
        KeyFigures(
            Words("时效", "In time"),
            (
                *_clock("replies"),
                "reply_days_median",
                "reply_days_p90",
                *_clock("provisions"),
                "provision_days_median",
                "provision_days_p90",
                "replies_extended",
                "requests_supplemented",
            ),
        ),
        Breakdown(Words("同意方式", "How agreed"), (Words("方式", "Way"),), ("agreed_via",)),
        Breakdown(
            Words("表T9 不同意的理由", "T9 Reasons of refusal"),
            (_REASON,),
            ("refusal_reasons",),
            chart=True,
        ),
    ),
)
_USE = Section(
    8,
    Words("使用与成效", "Use and effect"),
    (
        KeyFigures(
            Words("授权", "Grants"), ("grants_issued", "grants_running", *_clock("disposals"))
        ),
        Breakdown(Words("结束授权", "Grants ended"), (Words("原因", "Cause"),), ("grants_ended",)),
        Breakdown(Words("暂停授权", "Suspensions"), (_REASON,), ("grants_suspended",)),
        Breakdown(
            Words("表T10 使用情况(按方式)", "T10 Use by method"),
            (_METHOD,),
            ("calls_by_method", "rows_by_method", "bytes_by_method"),
            chart=True,
        ),
        Breakdown(
            Words("使用情况(按使用方)", "Use by requester"),
            (_DEPARTMENT,),
            ("calls_by_requester", "rows_by_requester"),
        ),
        Breakdown(
            Words("使用他部门数据(按提供方)", "Use of others' data, by provider"),
            (_DEPARTMENT,),
            ("calls_made",),
        ),
        Breakdown(
            Words("使用最多的目录(前十)", "Ten most used entries"),
            (Words("目录", "Entry"),),
            ("top_entries",),
            top=10,
            chart=True,
        ),
        KeyFigures(
            Words("成效", "Effect"),
            (
                "calls_succeeded",
                "service_items",
                "cases_served",
                "materials_saved",
                "visits_saved",
                *_clock("feedback", "feedback_answers"),
                "feedback_score",
            ),
        ),
        Breakdown(
            Words("反馈评分", "Scores"),
            (Words("分数", "Score"),),
            ("feedback_scores",),
            chart=True,
        ),
        Breakdown(
            Words("反馈的问题", "Problems told"),
            (Words("目录", "Entry"), Words("问题", "Problem")),
            ("feedback_problems",),
        ),
    ),
)

SECTIONS = (_GENERAL, _ORGANISATION, _CATALOGUE, _CONVERGENCE, _QUALITY, _REQUESTS, _USE)
"""The sections this hub can fill, in the order they are filed."""

PART_WORDS: dict[str, str] = {
    "agreed_via": "agreed_via",
    "bytes_by_method": "share_method",
    "calls_by_method": "share_method",
    "corrections_causes": "defect",
    "grants_ended": "grant_status",
    "grants_suspended": "suspension_reason",
    "officers": "role",
    "quality_by_rule": "check_rule",
    "refusal_reasons": "decline_reason",
    "resources_serving": "share_method",
    "rows_by_method": "share_method",
}
"""Which list of the glossary names the parts of a figure."""
