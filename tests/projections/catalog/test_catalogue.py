"""The catalogue as it stands, and how entries are found in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from hub.catalog.commands import (
    ChangeShareType,
    CheckCatalogEntry,
    ExtendCatalogUpdate,
    HandOverCatalogEntry,
    RaiseCatalogUpdateDuty,
    ReturnCatalogEntry,
    WithdrawCatalogEntry,
)
from hub.catalog.kinds import EntryStatus
from projections.catalogue import CATALOGUE, CatalogueRow
from projections.catalogue_search import Wanted, citing, counted, entries, entry, next_code
from projections.words import grams_of, query_grams, words_of
from tests.hub.catalog.test_ending import MOVED
from tests.hub.catalog.world import (
    CATALOGUER,
    CLASS_2,
    CLASS_3,
    ENTRY,
    HEAD,
    NOON,
    OTHER,
    REVIEWER,
    org,
)
from tests.hub.departments.city import LAW
from tests.projections.catalog.story import Story

if TYPE_CHECKING:
    import psycopg

    from tests.projections.kit import Given

WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "MARRIAGE")
"""As a Chinese keyboard types Latin letters at full width."""
PLAIN: dict[str, Any] = {"abstract": "", "duty": ""}


def line(given: Given, story: Story) -> CatalogueRow:
    row = entry(given(*story.events).shown_by(CATALOGUE), ENTRY)
    assert row is not None
    return row


def test_a_draft_is_a_line_of_its_own_but_not_in_force(given: Given) -> None:
    story = Story().drafted(title="").do(CheckCatalogEntry(entry_id=ENTRY), CATALOGUER)
    row = line(given, story)
    assert (row.status, row.in_force, row.published_at) == (EntryStatus.DRAFT, False, None)
    assert [f.code for f in row.findings] == ["missing", "assessment_missing"]


def test_a_revision_shows_beside_the_version_in_force(given: Given) -> None:
    row = line(given, Story().drafted().through_review().revised(title="出生信息"))
    assert (row.status, row.title) == (EntryStatus.REVISING, "出生医学证明信息")
    assert row.working is not None
    assert row.working.title == "出生信息"
    assert (row.published_version, row.published_at) == (1, NOON)


def test_the_next_version_takes_the_line(given: Given) -> None:
    story = Story().drafted().through_review().revised(title="出生信息").through_review()
    row = line(given, story)
    assert (row.status, row.title, row.published_version) == ("published", "出生信息", 2)
    assert row.working is None
    assert row.version == len([e for e in story.events if e.stream_id == ENTRY])


def test_a_class_that_is_to_become_stricter_is_marked_until_published(given: Given) -> None:
    tighten = ChangeShareType.model_validate({"entry_id": ENTRY, "reason": "含个人信息", **CLASS_2})
    story = Story().drafted().through_review().do(tighten, CATALOGUER)
    row = line(given, story)
    assert (row.tightened, row.share_type) == (True, "unconditional")
    assert row.working is not None
    assert row.working.share_type == "conditional"
    published = Story().drafted().through_review().do(tighten, CATALOGUER).through_review()
    assert not line(given, _rest(published, story)).tightened


def _rest(longer: Story, shorter: Story) -> Story:
    longer.events = longer.events[len(shorter.events) :]
    return longer


def test_an_update_that_is_due_shows_until_it_is_submitted(given: Given) -> None:
    duty = RaiseCatalogUpdateDuty(entry_id=ENTRY, changed_on=date(2026, 3, 2), cause="职责调整")
    more = ExtendCatalogUpdate(entry_id=ENTRY, days=5, reason="核对")
    due = Story().drafted().through_review().do(duty, CATALOGUER).do(more, REVIEWER)
    row = line(given, due)
    assert (row.status, row.update_due_on) == (EntryStatus.UPDATE_DUE, date(2026, 3, 23))
    done = Story().drafted().through_review().do(duty, CATALOGUER).do(more, REVIEWER)
    done.revised(abstract="新").through_review()
    row = line(given, _rest(done, due))
    assert (row.status, row.update_due_on) == (EntryStatus.PUBLISHED, None)


def test_a_returned_entry_says_why(given: Given) -> None:
    story = Story().drafted().to_authority()
    story.do(ReturnCatalogEntry(entry_id=ENTRY, reason="摘要不完整"), REVIEWER)
    row = line(given, story)
    assert (row.status, row.reason) == (EntryStatus.DRAFT, "摘要不完整")


def test_a_withdrawn_entry_leaves_the_catalogue_but_not_the_table(given: Given) -> None:
    gone = WithdrawCatalogEntry(entry_id=ENTRY, reason="职责取消")
    connection = given(*Story().drafted().through_review().do(gone, HEAD).events).shown_by(
        CATALOGUE
    )
    assert entries(connection, Wanted()) == []
    [row] = entries(connection, Wanted(in_force=None))
    assert (row.status, row.reason, row.withdrawn_at) == ("withdrawn", "职责取消", NOON)


def test_an_entry_shows_the_department_it_was_handed_to(given: Given) -> None:
    hand = HandOverCatalogEntry(entry_id=ENTRY, receiver_id=org("tax"), reason="机构改革")
    story = Story().drafted().through_review().happened(MOVED).do(hand, REVIEWER)
    row = line(given, story)
    assert (row.provider_id, row.published_version) == (org("tax"), 2)


@pytest.fixture
def connection(given: Given) -> psycopg.Connection:
    """Three entries in force in three classes, one draft."""
    story = (
        Story()
        .imported(ENTRY, title="出生医学证明信息", themes=["健康保障"])
        .imported(
            OTHER,
            title="Marriage registers 婚姻登记",
            class_code="307013",
            catalog_code="307013/000007",
            **PLAIN,
            **CLASS_2,
        )
        .imported(
            "catalog.entry:survey",
            title="统计调查明细",
            catalog_code="307012/000002",
            grade="important",
            **PLAIN,
            **CLASS_3,
        )
        .drafted("catalog.entry:draft", title="出生缺陷监测", catalog_code="307012/000009")
    )
    return given(*story.events).shown_by(CATALOGUE)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"words": "出生"}, [ENTRY]),
        ({"words": "生"}, [ENTRY]),
        ({"words": "医学证明"}, [ENTRY]),
        ({"words": "证明医学"}, []),
        ({"words": "MARRIAGE 登记"}, [OTHER]),
        ({"words": "riage"}, [OTHER]),
        ({"words": "marriage 出生"}, []),
        ({"words": "307013"}, [OTHER]),
        ({"words": "签发日期"}, [ENTRY, "catalog.entry:survey", OTHER]),
        ({"words": WIDE}, [OTHER]),
        ({"words": "%"}, [ENTRY, "catalog.entry:survey", OTHER]),
        ({"words": "_"}, []),
        ({"share_type": "conditional"}, [OTHER]),
        ({"class_prefix": "307012"}, [ENTRY, "catalog.entry:survey"]),
        ({"theme": "健康保障"}, [ENTRY]),
        ({"grade": "important"}, ["catalog.entry:survey"]),
        ({"provider_id": "departments.organization:tax"}, []),
        ({"in_force": False}, ["catalog.entry:draft"]),
        ({"words": "出生", "in_force": None}, [ENTRY, "catalog.entry:draft"]),
        ({"status": "draft", "in_force": None}, ["catalog.entry:draft"]),
    ],
)
def test_entries_are_found_by_what_one_knows(
    connection: psycopg.Connection, wanted: dict[str, Any], found: list[str]
) -> None:
    assert [row.entry_id for row in entries(connection, Wanted(**wanted))] == found


def test_pages_follow_one_another_without_gap_or_repeat(connection: psycopg.Connection) -> None:
    seen: list[str] = []
    after = None
    while page := entries(connection, Wanted(in_force=None), after=after, limit=1):
        seen.append(page[0].catalog_code)
        after = (page[0].catalog_code, page[0].entry_id)
    assert seen == ["307012/000001", "307012/000002", "307012/000009", "307013/000007"]


def test_what_cites_a_law_is_known_when_the_law_changes(connection: psycopg.Connection) -> None:
    survey = entry(connection, "catalog.entry:survey")
    assert survey is not None
    assert survey.published_at is not None
    known = survey.published_at
    assert citing(connection, LAW, before=known) == ["catalog.entry:survey"]
    assert citing(connection, LAW, before=known - timedelta(seconds=1)) == []
    assert citing(connection, "departments.legal_basis:none", before=known) == []


def test_the_next_code_of_a_class_is_proposed(connection: psycopg.Connection) -> None:
    assert next_code(connection, "307012") == "307012/000010"
    assert next_code(connection, "101001") == "101001/000001"


def test_entries_are_counted_by_provider_and_class(connection: psycopg.Connection) -> None:
    found = [(c.share_type, c.entries) for c in counted(connection)]
    assert found == [("conditional", 1), ("not_shared", 1), ("unconditional", 1)]


@always(st.text(max_size=30), st.integers(0, 29), st.integers(1, 30))
def test_every_part_of_a_word_finds_it(text: str, start: int, length: int) -> None:
    words = words_of(text)
    for word in words:
        part = word[start % len(word) :][:length]
        assert set(query_grams(words_of(part))) <= set(grams_of(words))
