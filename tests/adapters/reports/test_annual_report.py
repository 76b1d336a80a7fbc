"""The annual report as a file: frozen once, the same bytes again, open down to its events."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from adapters.reports.charts import bars
from adapters.reports.gather import Report, to_json
from adapters.reports.page import to_html
from adapters.reports.session import annual_report
from hub.catalog.kinds import ShareMethod, ShareType
from hub.departments.calendar import local_day
from hub.errors import Conflict, Invalid, NotFound
from hub.supervision.events import ReportAmended, ReportDrafted
from projections.connect import connect
from projections.figures import events_behind
from projections.figures_sharing import FIGURE, FIGURES
from tests.hub.departments.city import CITY, org
from tests.projections.annual import year as y
from tests.projections.kit import record

if TYPE_CHECKING:
    from hub.event import Event
    from tests.servers import Database

NEXT_YEAR = datetime(2027, 1, 12, 2, tzinfo=UTC)
EVENTS: tuple[Event, ...] = (
    *CITY,
    y.published("marriages", ShareType.CONDITIONAL, title="婚姻登记信息 <b>"),
    y.published("census", ShareType.NOT_SHARED, title="统计原始资料"),
    *y.k9(),
    y.issued(0, ShareMethod.INTERFACE),
    y.used(0, local_day(y.SPRING), 1234),
)


@pytest.fixture
def city(database: Database) -> Database:
    _happens(database, *EVENTS)
    return database


def _happens(database: Database, *events: Event) -> None:
    with connect(database.app_url) as connection:
        record(connection, events)


def _report(
    database: Database, department: str | None = None, at: datetime = NEXT_YEAR, year: int = 2026
) -> Report:
    return asyncio.run(annual_report(database.app_url, year, department, clock=lambda: at))


class _Page(HTMLParser):
    """Collects links, loaded resources, and tables whose lines differ in length."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []
        self.numbers = self.linked = 0
        self.in_number = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        if tag == "td":
            self.in_number = values.get("class") == "n"
        if tag == "a":
            self.links.append(values["href"] or "")
            self.linked += self.in_number
        if tag in {"script", "link", "img", "iframe"} or "src" in values:
            self.loaded.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_frozen_once_and_printed_again_byte_for_byte(city: Database) -> None:
    first = _report(city)
    assert first.frozen is not None
    assert first.status == "frozen"
    assert first.position == len(EVENTS)
    _happens(city, y.received("later"), y.published("later", ShareType.CONDITIONAL))
    again = _report(city)
    assert to_json(again) == to_json(first)
    assert to_html(again) == to_html(first)


def test_a_running_year_is_printed_and_nothing_is_recorded(city: Database) -> None:
    november = datetime(2026, 11, 20, tzinfo=UTC)
    report = _report(city, at=november)
    assert (report.status, report.frozen) == ("interim", None)
    assert "中期数据" in to_html(report)
    _happens(city, y.received("later"))
    assert _report(city, at=november).position == len(EVENTS) + 1


def test_the_page_works_alone_and_every_figure_opens_its_events(city: Database) -> None:
    text = to_html(_report(city))
    page = _Page(text)
    assert page.loaded == []
    assert page.open == []
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    opened = [link for link in page.links if not link.startswith("#")]
    keys = {urlsplit(link).path.split("/")[-2] for link in opened}
    assert keys == {figure.key for figure in FIGURES}
    late = next(link for link in opened if "/replies_late/" in link)
    asked = parse_qs(urlsplit(late).query)
    assert asked == {"year": ["2026"], "position": [str(len(EVENTS))]}
    with connect(city.app_url) as connection:
        assert len(events_behind(connection, FIGURE["replies_late"], 2026, "", len(EVENTS))) == 5


def test_a_link_to_a_part_names_it_and_the_hub_it_opens_at(city: Database) -> None:
    page = _Page(to_html(_report(city), links_to="http://127.0.0.1:8000/"))
    part = next(link for link in page.links if "/refusal_reasons/" in link and "part=" in link)
    assert part.startswith("http://127.0.0.1:8000/api/v1/supervision/figures/refusal_reasons/")
    assert parse_qs(urlsplit(part).query)["part"] == ["exceeds_need"]


def test_the_page_says_what_was_counted_in_words_of_the_city(city: Database) -> None:
    text = to_html(_report(city))
    for words in (
        "85.71 % (30/35)",
        "2026-12-31 24:00",
        "1,234",
        "婚姻登记信息 &lt;b&gt;",
        "第二十五条",
        "超出必要范围 More than is needed",
        "Civil",
    ):
        assert words in text, words
    for number in (1, 2, 3, 5, 6, 7, 8):
        assert f'id="s{number}"' in text


def test_nothing_to_report_is_printed_as_0(database: Database) -> None:
    _happens(database, *CITY)
    counted = {one.figure: one for one in _report(database).figures.figures}
    assert counted["requests_received"].total.value == 0
    text = to_html(_report(database))
    assert ">0</a>" in text
    assert "None" not in text


def test_a_department_reports_on_itself(city: Database) -> None:
    civil, tax = _report(city, org("civil")), _report(city, org("tax"))
    received = {one.figure: one.total.value for one in civil.figures.figures}
    sent = {one.figure: one.total.value for one in tax.figures.figures}
    assert (received["requests_received"], received["requests_sent"]) == (40, 0)
    assert (sent["requests_received"], sent["requests_sent"]) == (0, 40)
    assert civil.org_name == "Civil"
    assert civil.figures_sha256 != tax.figures_sha256
    assert all("department=" in link for link in _Page(to_html(civil)).links if "figures/" in link)


def test_who_does_not_report_is_told_so(city: Database) -> None:
    with pytest.raises(Invalid, match="does not report"):
        _report(city, org("audit"))
    with pytest.raises(NotFound, match="no organisation"):
        _report(city, org("nobody"))


def test_an_amended_report_keeps_the_old_version_and_shows_the_difference(city: Database) -> None:
    first = _report(city)
    ids = {"report_id": "supervision.report:2026-city", "org_id": org("city"), "year": 2026}
    _happens(
        city,
        y.received("forgotten"),
        ReportAmended(at=NEXT_YEAR, by=y.CLERK, **ids, version=2, explanation="补录一件申请"),  # type: ignore[arg-type]  # ids and a year
        ReportDrafted(at=NEXT_YEAR, by=y.CLERK, **ids, problems="补录不及时"),  # type: ignore[arg-type]  # ids and a year
    )
    second = _report(city)
    assert second.frozen is not None
    assert [one.version for one in second.versions] == [1, 2]
    assert second.versions[0].figures_sha256 == first.figures_sha256
    changed = {one.figure: (one.before, one.now) for one in second.differences}
    assert changed["requests_received"] == (40, 41)
    assert "calls" not in changed
    text = to_html(second)
    assert "补录一件申请" in text
    assert "补录不及时" in text


def test_figures_that_come_out_differently_are_not_printed(city: Database) -> None:
    _report(city)
    with connect(city.app_url) as connection:
        connection.execute("DELETE FROM annual_facts WHERE fact = 'request.withdrawn'")
    with pytest.raises(Conflict, match="frozen were"):
        _report(city)


def test_json_says_the_same_as_the_page(city: Database) -> None:
    report = _report(city)
    read = msgspec.json.decode(to_json(report))
    rate = next(one for one in read["figures"]["figures"] if one["figure"] == "replies_rate")
    assert rate["total"] == {"value": "85.71", "numerator": 30, "denominator": 35}
    assert read["frozen"]["figures_sha256"] == read["figures_sha256"] == report.figures_sha256
    assert len(read["definitions"]) == len(FIGURES)
    assert read["names"][org("civil")] == "Civil"


def test_a_chart_escapes_its_labels_and_is_empty_for_nothing() -> None:
    assert bars([("a", 0)]) == ""
    assert bars([]) == ""
    drawn = bars([("<x>", 3), ("b" * 40, 1.5)])
    assert "<x>" not in drawn
    assert "&lt;x&gt;" in drawn
    assert "1.50" in drawn
