"""The report as one HTML file that works offline and prints on A4."""

from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from adapters.reports.gather import Report
from adapters.reports.view import Viewer
from hub.departments.calendar import CHINA

_TEMPLATES = Environment(
    loader=PackageLoader("adapters.reports", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _moment(at: datetime | None) -> str:
    """Return a moment as the city's clocks show it; the last of a day as 24:00 of that day."""
    if at is None:
        return ""
    local = at.astimezone(CHINA)
    if (local.hour, local.minute) == (0, 0):
        day = datetime.fromtimestamp(at.timestamp() - 1, UTC).astimezone(CHINA)
        return f"{day:%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"


_TEMPLATES.filters["moment"] = _moment


def to_html(report: Report, *, links_to: str = "") -> str:
    """Return the report as a page; `links_to` is the address of the hub its links open at."""
    viewer = Viewer(report)
    chapters = [
        (chapter, [(table, Markup(table.chart)) for table in chapter.tables])  # noqa: S704 - our own SVG, its labels escaped in charts.py
        for chapter in viewer.chapters()
    ]
    return _TEMPLATES.get_template("annual.html").render(
        report=report,
        chapters=chapters,
        differences=list(viewer.differences()),
        links_to=links_to.rstrip("/"),
    )
