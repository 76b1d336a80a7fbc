"""Figures of sections 1, 2, 3, 5, 6 of the annual report: who, the catalogue, the data, its errors.

DOMAIN §3.7; what a section has no events for yet (pools, projects, security …) is not in the set:
a figure that cannot be counted is not printed as 0.
"""

from projections.figure_sql import (
    AS_PARTNER,
    DEPARTMENTS,
    HELD,
    JUDGED,
    MOUNTED,
    NOT_SHARED,
    SHAREABLE,
    WITHDRAWN_ENTRIES,
)
from projections.figures import Figure, Measure

ENTRY = ("entry.on", "entry.off")
ORG = ("org.on", "org.off")
RESOURCE = ("resource.on", "resource.off")
GRANT = ("grant.on", "grant.off")
_SIDE = ("department_id", "part")


def clock(duty: str) -> tuple[str, ...]:
    """Return the facts of a duty in the order `JUDGED` wants them."""
    return tuple(f"{what}.{duty}" for what in ("due", "done", "void", "late"))


def judged(section: int, key: str, duty: str, zh: str, en: str) -> tuple[Figure, ...]:
    """Return the four figures of a duty: judged in the year, on time, late, the rate."""
    facts = clock(duty)
    name = f"{key}_"
    return (
        Figure(name + "due", section, f"{zh}应办", f"{en}: due", facts, behind=JUDGED),
        Figure(
            name + "on_time",
            section,
            f"{zh}按时",
            f"{en}: on time",
            facts,
            behind=JUDGED,
            only="on_time",
        ),
        Figure(
            name + "late", section, f"{zh}逾期", f"{en}: late", facts, behind=JUDGED, only="late"
        ),
        Figure(
            name + "rate",
            section,
            f"{zh}按时率",
            f"{en}: on-time rate",
            facts,
            Measure.RATE,
            JUDGED,
            unit="%",
        ),
    )


OVERVIEW = (
    Figure("departments", 1, "政务部门数", "Departments", ORG, behind=DEPARTMENTS, compared=True),
    Figure("entries", 1, "在册目录数", "Entries in force", ENTRY, behind=HELD, compared=True),
    Figure("resources", 1, "在用资源数", "Serving resources", RESOURCE, behind=HELD, compared=True),
    Figure("requests", 1, "共享申请数", "Requests received", ("request.received",), compared=True),
    Figure("grants", 1, "共享授权数", "Grants issued", ("grant.on",), compared=True),
    Figure("calls", 1, "调用次数", "Calls", ("usage.calls",), Measure.WHOLE, compared=True),
    Figure("rows", 1, "共享数据条数", "Rows shared", ("usage.rows",), Measure.SUM, compared=True),
)

ORGANISATION = (
    Figure(
        "sharing_units",
        2,
        "已明确共享工作机构",
        "Sharing offices named",
        ORG,
        Measure.RATE,
        DEPARTMENTS,
        unit="%",
    ),
    Figure(
        "officers",
        2,
        "在任人员",
        "Officers in office",
        ("officer.on", "officer.off"),
        Measure.DISTINCT,
        HELD,
        by=("part",),
    ),
)

CATALOGUE = (
    Figure(
        "entries_opening",
        3,
        "年初在册",
        "At 1 January",
        ENTRY,
        behind=HELD,
        by=_SIDE,
        opening=True,
    ),
    Figure("entries_new", 3, "新增目录", "New", ("entry.new",), by=_SIDE),
    Figure("entries_changed", 3, "变更目录", "Changed", ("entry.changed",), by=_SIDE),
    Figure(
        "entries_withdrawn",
        3,
        "下线目录",
        "Withdrawn",
        ("entry.off",),
        behind=WITHDRAWN_ENTRIES,
        by=_SIDE,
    ),
    Figure("entries_closing", 3, "年末在册", "At 31 December", ENTRY, behind=HELD, by=_SIDE),
    Figure(
        "releases", 3, "统一目录发布", "Catalogue releases", ("release.published",), by=("label",)
    ),
    Figure("updates_raised", 3, "更新任务", "Update duties raised", ("update.raised",)),
    *judged(3, "updates", "update", "目录更新", "Catalogue update"),
    Figure("updates_extended", 3, "更新延期", "Updates extended", ("update.extended",)),
    *judged(3, "reviews", "review", "目录审核", "Catalogue review"),
    Figure(
        "entries_returned",
        3,
        "审核退回及原因",
        "Returned at review, and why",
        ("review.returned",),
        by=("label",),
    ),
    Figure(
        "entries_not_shared",
        3,
        "不予共享目录及依据",
        "Entries not shared, with basis",
        ENTRY,
        behind=NOT_SHARED,
        by=("department_id", "subject_id", "part", "label"),
    ),
)

_PROVIDER = ("department_id",)
CONVERGENCE = (
    Figure(
        "resources_serving",
        5,
        "年末在用资源",
        "Serving resources at 31 December",
        RESOURCE,
        behind=MOUNTED,
        by=("part",),
    ),
    Figure(
        "mount_rate",
        5,
        "挂接率",
        "Mount rate",
        ENTRY,
        Measure.RATE,
        SHAREABLE,
        by=_PROVIDER,
        unit="%",
    ),
    Figure(
        "batches_received", 5, "接收批次", "Batches received", ("batch.received",), by=_PROVIDER
    ),
    Figure(
        "batches_accepted", 5, "通过批次", "Batches accepted", ("batch.accepted",), by=_PROVIDER
    ),
    Figure(
        "batches_rejected", 5, "退回批次", "Batches rejected", ("batch.rejected",), by=_PROVIDER
    ),
    Figure(
        "rejection_reasons",
        5,
        "批次退回原因",
        "Why batches were rejected",
        ("batch.rejected",),
        by=("label",),
    ),
    Figure(
        "data_rows", 5, "汇聚数据条数", "Rows published", ("data.rows",), Measure.SUM, by=_PROVIDER
    ),
    Figure(
        "data_bytes",
        5,
        "汇聚数据量",
        "Bytes published",
        ("data.rows",),
        Measure.WHOLE,
        by=_PROVIDER,
        unit="B",
    ),
    Figure(
        "freshness_breaches",
        5,
        "更新超期次数",
        "Freshness breaches",
        ("freshness.breached",),
        by=_PROVIDER,
    ),
)

QUALITY = (
    Figure(
        "quality_by_rule",
        6,
        "质量合格率",
        "Quality pass rate",
        ("quality.check",),
        Measure.RATE,
        by=("part",),
        unit="%",
    ),
    Figure(
        "quality_by_department",
        6,
        "分部门质量合格率",
        "Quality pass rate by department",
        ("quality.check",),
        Measure.RATE,
        by=_PROVIDER,
        unit="%",
    ),
    Figure(
        "corrections_raised",
        6,
        "收到校核",
        "Corrections raised",
        ("correction.raised",),
        by=_PROVIDER,
    ),
    Figure(
        "corrections_by_us",
        6,
        "提出校核",
        "Corrections raised with others",
        ("correction.raised",),
        behind=AS_PARTNER,
        by=("partner_id",),
    ),
    *judged(6, "corrections", "correct", "校核答复", "Correction answer"),
    Figure(
        "corrections_corrected",
        6,
        "已更正",
        "Corrected",
        ("correction.corrected",),
        Measure.CASES,
        by=_PROVIDER,
    ),
    Figure(
        "corrections_declined", 6, "不予更正", "Declined", ("correction.declined",), by=_PROVIDER
    ),
    Figure(
        "corrections_contested",
        6,
        "有争议",
        "Contested",
        ("correction.contested",),
        by=_PROVIDER,
    ),
    Figure(
        "corrections_passed_on",
        6,
        "转真实数源",
        "Passed on to the true source",
        ("correction.passed_on",),
    ),
    Figure(
        "corrections_days",
        6,
        "平均办理工作日",
        "Mean working days",
        ("correction.answered",),
        Measure.MEAN,
        unit="d",
    ),
    Figure(
        "corrections_causes",
        6,
        "主要问题类型",
        "Causes",
        ("correction.raised",),
        by=("part",),
    ),
)

SUPPLY = (*OVERVIEW, *ORGANISATION, *CATALOGUE, *CONVERGENCE, *QUALITY)
