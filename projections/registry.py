"""Every projection there is. To add one: its file, its table in `migrations/`, its line here."""

from typing import Any

from projections.audit_trail import AUDIT_TRAIL
from projections.batches import BATCHES
from projections.deadlines import DEADLINES
from projections.directory import DIRECTORY, OFFICERS
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
)
