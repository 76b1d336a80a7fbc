"""Every projection there is. To add one: its file, its table in `migrations/`, its line here."""

from typing import Any

from projections.annual_facts import ANNUAL_FACTS
from projections.annual_reports import ANNUAL_REPORTS
from projections.audit_trail import AUDIT_TRAIL
from projections.batches import BATCHES
from projections.catalogue import CATALOGUE
from projections.catalogue_releases import CATALOGUE_RELEASE_LINES, CATALOGUE_RELEASES
from projections.catalogue_versions import CATALOGUE_VERSIONS
from projections.correction_board import CORRECTION_BOARD
from projections.deadlines import DEADLINES
from projections.directory import DIRECTORY, OFFICERS
from projections.engagements import AUDIT_FINDINGS, ENGAGEMENTS
from projections.feedback_board import FEEDBACK_BOARD
from projections.freshness import FRESHNESS
from projections.incidents import INCIDENTS
from projections.legal_bases import LEGAL_BASES
from projections.projection import Projection
from projections.request_board import REQUEST_BOARD
from projections.resources import RESOURCES
from projections.rule_set import CITY_DEADLINE_RULES, CITY_POLICIES
from projections.sharing_ledger import SHARING_LEDGER
from projections.use_register import USE_REGISTER
from projections.work_calendars import WORK_CALENDARS

PROJECTIONS: tuple[Projection[Any], ...] = (
    DIRECTORY,
    OFFICERS,
    DEADLINES,
    AUDIT_TRAIL,
    CATALOGUE,
    CATALOGUE_VERSIONS,
    CATALOGUE_RELEASES,
    CATALOGUE_RELEASE_LINES,
    RESOURCES,
    BATCHES,
    FRESHNESS,
    CORRECTION_BOARD,
    FEEDBACK_BOARD,
    ENGAGEMENTS,
    AUDIT_FINDINGS,
    ANNUAL_REPORTS,
    ANNUAL_FACTS,
    WORK_CALENDARS,
    REQUEST_BOARD,
    SHARING_LEDGER,
    USE_REGISTER,
    LEGAL_BASES,
    CITY_DEADLINE_RULES,
    CITY_POLICIES,
    INCIDENTS,
)
