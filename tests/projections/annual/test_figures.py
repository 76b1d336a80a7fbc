"""The figures of the annual report: counted from facts, the same at the same position."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.catalog.events import CatalogEntryReturned, CatalogEntrySubmitted
from hub.catalog.kinds import ShareMethod, ShareType
from hub.departments.due import Duty
from hub.feedback.events import FeedbackSubmitted
from projections.annual_facts import ANNUAL_FACTS
from projections.figures import Cell, Counted, canonical, digest, events_behind, figures, names
from projections.figures_sharing import FIGURE, FIGURES
from tests.hub.departments.city import CITY, org
from tests.hub.feedback.test_correction import ANSWER as RESULT
from tests.hub.feedback.test_correction import CLERK, CORRECT, RAISER, REQUEST, SOURCE, WRONG
from tests.hub.feedback.test_feedback import SUBMIT, USED, USER
from tests.hub.feedback.world import WORLD
from tests.hub.kit import NOON
from tests.projections.annual import year as y
from tests.projections.feedback.play import Play
from tests.projections.kit import record

if TYPE_CHECKING:
    import psycopg

    from hub.event import Event
    from tests.projections.kit import Given

LAST = 1_000_000
CIVIL, TAX = org("civil"), org("tax")


def _figure(
    connection: psycopg.Connection,
    key: str,
    *,
    department: str = "",
    position: int = LAST,
    year: int = 2026,
) -> Counted:
    return figures(connection, [FIGURE[key]], year, department, position).figures[0]


def _value(connection: psycopg.Connection, key: str, *, department: str = "") -> object:
    return _figure(connection, key, department=department).total.value


def test_replies_on_time_are_30_of_35(given: Given) -> None:
    connection = given(*y.k9()).shown_by(ANNUAL_FACTS)
    rate = _figure(connection, "replies_rate").total
    assert rate == Cell((), Decimal("85.71"), 30, 35)
    assert _value(connection, "requests_received") == 40
    assert _value(connection, "requests_withdrawn") == 3
    assert _value(connection, "replies_late") == 5
    # Two not yet due, two called late and never answered.
    assert _value(connection, "requests_open") == 4


def test_the_events_behind_a_figure_are_its_positions(given: Given) -> None:
    connection = given(*y.k9()).shown_by(ANNUAL_FACTS)
    late = events_behind(connection, FIGURE["replies_late"], 2026, "", LAST)
    topics = connection.execute(
        "SELECT topic FROM record.events WHERE position = ANY (%s) ORDER BY position", (late,)
    ).fetchall()
    assert sorted(topic for (topic,) in topics) == [
        "sharing.request.declined",
        *["sharing.request.reply_overdue"] * 4,
    ]
    first = events_behind(connection, FIGURE["replies_on_time"], 2026, "", LAST, limit=20)
    rest = events_behind(connection, FIGURE["replies_on_time"], 2026, "", LAST, after=first[-1])
    assert (len(first), len(rest)) == (20, 10)
    part = events_behind(
        connection, FIGURE["refusal_reasons"], 2026, "", LAST, part=["exceeds_need"]
    )
    assert len(part) == 11
    assert events_behind(connection, FIGURE["refusal_reasons"], 2026, "", LAST, part=["x"]) == []


def test_a_supplement_leaves_the_first_term_out(given: Given) -> None:
    again = y.received("s", date(2026, 3, 30), y.SPRING + 20 * y.DAY)
    asked = y.supplement("s", y.SPRING + y.DAY)
    connection = given(
        y.received("s"), asked, again, y.agreed("s", y.SPRING + 25 * y.DAY)
    ).shown_by(ANNUAL_FACTS)
    assert _figure(connection, "replies_rate").total == Cell((), Decimal(100), 1, 1)


def test_a_late_review_counts_though_the_next_began_before_the_clock_looked(given: Given) -> None:
    told: dict[str, Any] = {
        "by": y.CLERK,
        "entry_id": "catalog.entry:marriages",
        "provider_id": CIVIL,
    }
    submitted = [
        CatalogEntrySubmitted(at=at, due=y.term(Duty.REVIEW, on, "city"), **told)
        for at, on in ((y.SPRING, y.LAST_DAY), (y.SPRING + 22 * y.DAY, date(2026, 4, 7)))
    ]
    returned = [
        CatalogEntryReturned(at=y.SPRING + days * y.DAY, reason="说明不完整", **told)
        for days in (21, 23)
    ]
    connection = given(submitted[0], returned[0], submitted[1], returned[1]).shown_by(ANNUAL_FACTS)
    assert _figure(connection, "reviews_rate").total == Cell((), Decimal(50), 1, 2)
    assert _value(connection, "reviews_late") == 1


def test_a_provisional_term_calls_nobody_late(given: Given) -> None:
    due = y.term(Duty.REPLY, y.LAST_DAY)
    provisional = type(due)(*[*(getattr(due, n) for n in due.__struct_fields__[:-1]), True])
    request = y.received("p")
    fields = {name: getattr(request, name) for name in request.__struct_fields__}
    event = type(request)(**{**fields, "due": provisional})
    connection = given(event, y.agreed("p", y.SPRING + 40 * y.DAY)).shown_by(ANNUAL_FACTS)
    assert _value(connection, "replies_late") == 0
    assert _value(connection, "replies_due") == 1


def test_a_duty_counts_in_the_year_it_was_judged(given: Given) -> None:
    december = datetime(2026, 12, 30, 2, tzinfo=UTC)
    new_year = datetime(2026, 12, 31, 17, tzinfo=UTC)
    connection = given(
        y.received("d", date(2027, 1, 14), december), y.agreed("d", new_year)
    ).shown_by(ANNUAL_FACTS)
    assert _figure(connection, "replies_due", year=2026).total.value == 0
    assert _figure(connection, "replies_on_time", year=2027).total.value == 1
    assert _figure(connection, "requests_received", year=2026).total.value == 1
    # One o'clock at night on 1 January in China is not last year.
    assert _figure(connection, "requests_agreed", year=2026).total.value == 0
    assert _figure(connection, "requests_open", year=2026).total.value == 1
    assert _figure(connection, "requests_opening", year=2027).total.value == 1


def test_nothing_to_report_is_0_and_a_share_of_nothing_is_not(given: Given) -> None:
    connection = given().shown_by(ANNUAL_FACTS)
    counted = {c.figure: c for c in figures(connection, FIGURES, 2026, "", LAST).figures}
    assert len(counted) == len(FIGURES)
    assert counted["requests_received"].total.value == 0
    assert counted["calls"].total.value == 0
    assert counted["calls"].previous == 0
    assert counted["replies_rate"].total == Cell((), None, 0, 0)
    assert counted["reply_days_median"].total.value is None


def _entries() -> list[Event]:
    before = datetime(2025, 6, 1, tzinfo=UTC)
    return [
        y.published("a", ShareType.UNCONDITIONAL, at=before),
        y.published("b", ShareType.CONDITIONAL, at=before),
        y.published("b", ShareType.CONDITIONAL, 2),
        y.published("c", ShareType.NOT_SHARED, title="统计原始资料目录"),
        y.gone("a", y.SPRING),
        y.gone("draft", y.SPRING, version=0),
        y.returned("d", "缺少更新周期"),
        y.returned("e", "缺少更新周期"),
    ]


def test_entries_are_counted_by_department_class_and_grade(given: Given) -> None:
    connection = given(*CITY, *_entries()).shown_by(ANNUAL_FACTS)
    expected = {
        "entries_opening": {("1|general"): 1, ("2|general"): 1},
        "entries_new": {("3|general"): 1},
        "entries_changed": {("2|general"): 1},
        "entries_withdrawn": {("1|general"): 1},
        "entries_closing": {("2|general"): 1, ("3|general"): 1},
    }
    for key, parts in expected.items():
        counted = _figure(connection, key)
        assert {cell.part[1]: cell.value for cell in counted.parts} == parts, key
        assert {cell.part[0] for cell in counted.parts} == {CIVIL}
    assert _figure(connection, "entries").previous == 2
    assert _value(connection, "entries", department=TAX) == 0


def test_the_annex_names_the_basis_of_what_is_not_shared(given: Given) -> None:
    connection = given(*CITY, *_entries()).shown_by(ANNUAL_FACTS)
    (cell,) = _figure(connection, "entries_not_shared").parts
    assert cell.part == (
        CIVIL,
        "catalog.entry:c",
        "departments.legal_basis:law|第二十五条",
        "统计原始资料",
    )
    assert names(connection, LAST)["catalog.entry:c"] == "统计原始资料目录"
    (why,) = _figure(connection, "entries_returned").parts
    assert (why.part, why.value) == (("缺少更新周期",), 2)


def test_departments_and_officers_are_those_at_the_end_of_the_year(given: Given) -> None:
    connection = given(*CITY).shown_by(ANNUAL_FACTS)
    assert _figure(connection, "sharing_units").total == Cell((), Decimal(100), 4, 4)
    assert _value(connection, "departments") == 4
    assert _figure(connection, "departments", year=2024).total.value == 0
    parts = {cell.part[0]: cell.value for cell in _figure(connection, "officers").parts}
    assert parts["sharing_head"] == 4
    assert parts["auditor"] == 1


def test_use_is_counted_on_the_day_of_use_by_method_and_requester(given: Given) -> None:
    interface, table = ShareMethod.INTERFACE, ShareMethod.TABLE
    events = [
        y.issued("i", interface),
        y.issued("t", table, interface),
        y.used("i", date(2026, 12, 31), 10, failed=1),
        y.used("t", date(2026, 5, 1), 30),
    ]
    connection = given(*events).shown_by(ANNUAL_FACTS)
    methods = {c.part[0]: c.value for c in _figure(connection, "calls_by_method").parts}
    assert methods == {"interface": 10, "interface+table": 30}
    assert _value(connection, "calls") == 40
    assert _value(connection, "calls_made", department=TAX) == 40
    assert _value(connection, "calls", department=TAX) == 0
    rate = _figure(connection, "calls_succeeded").total
    assert rate == Cell((), Decimal("97.50"), 39, 40)
    assert _value(connection, "service_items") == 1
    assert _value(connection, "grants_running") == 2


def test_corrections_are_judged_from_real_cases(given: Given) -> None:
    play = Play(*WORLD).does(REQUEST, RAISER).does(WRONG, CLERK).does(CORRECT, CLERK)
    play.does(RESULT, SOURCE, NOON + 2 * y.DAY)
    late = REQUEST.model_copy(update={"correction_id": "feedback.correction:2"})
    play.does(late, RAISER)
    connection = given(*play.events).shown_by(ANNUAL_FACTS)
    assert _figure(connection, "corrections_rate", department=CIVIL).total == Cell(
        (), Decimal(100), 1, 1
    )
    assert _value(connection, "corrections_raised") == 2
    assert _value(connection, "corrections_corrected") == 1
    assert _value(connection, "corrections_days") == Decimal("2.00")
    assert _value(connection, "corrections_by_us", department=TAX) == 2


def test_feedback_counts_for_who_owes_it_and_what_it_saved(given: Given) -> None:
    told = SUBMIT.model_copy(update={"problems": "更新偏慢"})
    play = Play(*WORLD, *USED).does(told, USER)
    assert isinstance(play.events[-2], FeedbackSubmitted)
    connection = given(*play.events).shown_by(ANNUAL_FACTS)
    assert _figure(connection, "feedback_rate", department=TAX).total == Cell(
        (), Decimal(100), 1, 1
    )
    assert _figure(connection, "feedback_rate", department=CIVIL).total.value is None
    (problem,) = _figure(connection, "feedback_problems", department=CIVIL).parts
    assert problem.part[1] == "更新偏慢"
    assert (
        _value(connection, "materials_saved"),
        _value(connection, "visits_saved"),
        _value(connection, "feedback_score"),
    ) == (120, 80, Decimal("4.00"))


def test_the_same_position_gives_the_same_bytes_whatever_happens_later(given: Given) -> None:
    connection = given(*CITY, *_entries(), *y.k9()).shown_by(ANNUAL_FACTS)
    position = len(CITY) + len(_entries()) + 60
    early = figures(connection, FIGURES, 2026, "", position)
    frozen = canonical(early)
    # A late entry for the same year, and a correction of what was counted before.
    given.and_then(
        y.received("late-entry"), y.published("late", ShareType.CONDITIONAL), y.overdue(0)
    ).shown_by(ANNUAL_FACTS)
    again = figures(connection, FIGURES, 2026, "", position)
    assert canonical(again) == frozen
    assert digest(again) == digest(early)
    assert digest(figures(connection, FIGURES, 2026, "", LAST)) != digest(early)


def test_a_figure_up_to_a_position_is_that_of_a_record_that_ends_there(given: Given) -> None:
    events = [*CITY, *_entries(), *y.k9()]
    position = len(events) - 20
    connection = given(*events[:position]).shown_by(ANNUAL_FACTS)
    ended = canonical(figures(connection, FIGURES, 2026, CIVIL, position))
    record(connection, events[position:])
    given.shown_by(ANNUAL_FACTS)
    assert canonical(figures(connection, FIGURES, 2026, CIVIL, position)) == ended
