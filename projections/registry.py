"""Every projection there is. To add one: its file, its table in `migrations/`, its line here."""

from typing import Any

from projections.annual_reports import ANNUAL_REPORTS
from projections.audit_trail import AUDIT_TRAIL
from projections.batches import BATCHES
from projections.correction_board import CORRECTION_BOARD
from projections.deadlines import DEADLINES
from projections.directory import DIRECTORY, OFFICERS
from projections.engagements import AUDIT_FINDINGS, ENGAGEMENTS
from projections.feedback_board import FEEDBACK_BOARD
from projections.freshness import FRESHNESS
from projections.projection import Projection
from projections.resources import RESOURCES

PROJECTIONS: tuple[Projection[Any], ...] = (
    DIRECTORY,
    OFFICERS,
    DEADLINES,
    AUDIT_TRAIL,
    RESOURCES,
    BATCHES,
    FRESHNESS,
    CORRECTION_BOARD,
    FEEDBACK_BOARD,
    ENGAGEMENTS,
    AUDIT_FINDINGS,
    ANNUAL_REPORTS,
)
