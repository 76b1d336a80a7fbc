"""The quick leaf is the record's leaf, for every row a hub can hold; damaged rows have none."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.verify.leaf import NO_LEAF, Leaves
from adapters.verify.source import Row
from hub.record import NewEvent, leaf_hash, rfc3339

# PostgreSQL's text holds everything but NUL.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
MOMENTS = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants it bare
EVENTS = st.builds(
    NewEvent,
    stream_id=TEXTS,
    version=st.integers(0, 2**31 - 1),
    topic=TEXTS,
    schema_version=st.integers(0, 2**15 - 1),
    state=st.binary(max_size=200),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GOOD: Row = (1, 0, 1, 1, b"", b"sharing.request:1", b"sharing.request.drafted", b"{}")


def row(event: NewEvent, at: datetime) -> Row:
    past = at - EPOCH
    microseconds = (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds
    return (
        1,
        microseconds,
        event.version,
        event.schema_version,
        b"",
        event.stream_id.encode(),
        event.topic.encode(),
        event.state,
    )


@given(st.lists(st.tuples(EVENTS, MOMENTS), max_size=8))
def test_the_quick_leaf_is_the_records(events: list[tuple[NewEvent, datetime]]) -> None:
    rows = [row(event, at) for event, at in events]

    assert Leaves().of(rows) == [leaf_hash(event, rfc3339(at)) for event, at in events]


def test_neighbours_that_differ_in_one_column_have_different_leaves() -> None:
    others: list[Row] = [
        (1, 1, *GOOD[2:]),
        (1, 1_000_000, *GOOD[2:]),
        (*GOOD[:2], 2, *GOOD[3:]),
        (*GOOD[:3], 2, *GOOD[4:]),
        (*GOOD[:5], b"x", *GOOD[6:]),
        (*GOOD[:6], b"x", GOOD[7]),
        (*GOOD[:7], b"[]"),
    ]
    rows = [one for other in others for one in (GOOD, other, GOOD)]

    found = Leaves().of(rows)

    assert len(set(found)) == 1 + len(others)
    assert all(found[nth] == found[0] for nth in range(len(found)) if nth % 3 != 1)


def test_a_row_without_a_column_or_out_of_time_has_no_leaf() -> None:
    broken: list[Row] = [
        (*GOOD[:column], None, *GOOD[column + 1 :])  # type: ignore[misc] # a NULL where none may be
        for column in (1, 2, 3, 5, 6, 7)
    ]
    beyond = [(1, 2**63 - 1, *GOOD[2:]), (1, -(2**62), *GOOD[2:])]
    not_text = [(*GOOD[:5], b"\xff", *GOOD[6:])]

    found = Leaves().of([*broken, *beyond, *not_text, GOOD])

    assert found[:-1] == [NO_LEAF] * 9
    assert found[-1] != NO_LEAF
