"""Batches: what was delivered, what was found, what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.convergence.commands import FindingResult, ReconcileBatch
from hub.convergence.kinds import CheckRule
from projections import batches
from projections.batches import BATCHES
from tests.hub.convergence.world import ADAPTER, ENTRY, TABLE, deliver, found, noon
from tests.hub.departments.city import org
from tests.projections.convergence.life import Life

if TYPE_CHECKING:
    from tests.projections.kit import Given

FIRST = deliver("2026-03", "a").batch_id
SECOND = deliver("2026-03", "b", supersedes=FIRST).batch_id


def test_a_live_batch_shows_its_manifest_and_checks(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03")
    life.do(ReconcileBatch(batch_id=FIRST, rows=11), ADAPTER, noon(3, 21))
    [row] = given(*life.events).rows(BATCHES)
    assert (row.status, row.rows, row.data_version) == ("live", 10, 1)
    assert row.published_at == noon(3, 20)
    assert row.agrees is False
    assert [check.rule for check in row.checks] == ["digest", "bytes", "rows", "type"]


def test_a_batch_turned_back_shows_where_it_failed_and_no_value(given: Given) -> None:
    place = FindingResult(rule=CheckRule.TYPE, item="日期", failed=2, rows=(3, 7))
    bad = found(failed=2).model_copy(update={"findings": (place,)})
    life = Life().do(deliver(verification=bad), ADAPTER, noon(3, 20))
    [row] = given(*life.events).rows(BATCHES)
    assert (row.status, row.reason) == ("rejected", "checks failed: type")
    assert (row.findings[0].item, row.findings[0].rows) == ("日期", (3, 7))
    assert row.published_at is None


def test_batches_are_listed_newest_first_and_paged(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03").publish(noon(4, 2), "2026-04", "b")
    connection = given(*life.events).shown_by(BATCHES)
    newest, oldest = batches.batches(connection, resource_id=TABLE)
    assert [newest.period, oldest.period] == ["2026-04", "2026-03"]
    assert batches.batches(connection, before=newest.position) == [oldest]
    assert batches.batches(connection, provider_id=org("tax")) == []
    assert batches.batches(connection, status="rejected") == []
    assert len(batches.batches(connection, entry_id=ENTRY)) == 2
    assert batches.batch(connection, oldest.batch_id) == oldest
    assert batches.batch(connection, "convergence.batch:none") is None


def test_what_a_later_batch_supersedes_is_no_longer_given_out(given: Given) -> None:
    life = Life().publish(noon(3, 20), "2026-03").publish(noon(3, 25), "2026-02")
    life.publish(noon(4, 2), "2026-03", "b", supersedes=FIRST)
    connection = given(*life.events).shown_by(BATCHES)
    live = batches.live_batches(connection, ENTRY)
    assert [row.period for row in live] == ["2026-02", "2026-03"]
    assert live[1].batch_id == SECOND
    assert batches.live_batches(connection, ENTRY, after=live[0].position) == live[1:]
    assert batches.live_batches(connection, "catalog.entry:other") == []
