from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from adapters.record.batch import EVENTS_MAX, WRITES_MAX, Pending, pick
from hub.record import Appended, Write
from tests.adapters.record.writes import event, write


class _Nobody:
    """A caller who is not interested."""

    def done(self) -> bool:
        return True

    def set_result(self, result: Appended, /) -> None: ...

    def set_exception(self, exception: Exception, /) -> None: ...


def _queue(*writes: Write) -> deque[Pending]:
    return deque(Pending(wish, _Nobody()) for wish in writes)


def _commands(pendings: list[Pending] | deque[Pending]) -> list[str]:
    return [pending.write.command_id for pending in pendings]


def test_independent_commands_share_a_commit() -> None:
    queue = _queue(write(event("a", 1)), write(event("b", 1), reads=(("c", 1),)))
    assert len(pick(queue)) == 2
    assert not queue


def test_commands_on_one_stream_wait_for_one_another_and_keep_their_order() -> None:
    queue = _queue(
        write(event("a", 1), command_id="1"),
        write(event("a", 2), command_id="2"),
        write(event("b", 1), command_id="3"),
        write(event("a", 3), command_id="4"),
    )
    assert _commands(pick(queue)) == ["1", "3"]
    assert _commands(queue) == ["2", "4"]
    assert _commands(pick(queue)) == ["2"]
    assert _commands(pick(queue)) == ["4"]


def test_a_stream_read_by_one_and_written_by_another_parts_them() -> None:
    reader_first = _queue(write(event("a", 1), reads=(("b", 0),)), write(event("b", 1)))
    writer_first = _queue(write(event("b", 1)), write(event("a", 1), reads=(("b", 0),)))
    assert len(pick(reader_first)) == len(pick(writer_first)) == 1


def test_commands_that_only_read_the_same_stream_share_a_commit() -> None:
    queue = _queue(*(write(event(s, 1), reads=(("law", 7),)) for s in "abc"))
    assert len(pick(queue)) == 3


def test_one_command_id_stands_once_in_a_commit() -> None:
    queue = _queue(write(event("a", 1), command_id="x"), write(event("b", 1), command_id="x"))
    assert len(pick(queue)) == 1


def test_a_commit_is_bounded_but_a_single_large_command_goes_alone() -> None:
    assert len(pick(_queue(*(write(event(f"s{n}", 1)) for n in range(WRITES_MAX + 9))))) == (
        WRITES_MAX
    )
    large = write(*(event("large", v) for v in range(1, EVENTS_MAX + 2)))
    queue = _queue(write(event("a", 1)), large, write(event("b", 1)))
    assert len(pick(queue)) == 2
    assert pick(queue)[0].write is large


_streams = st.sampled_from("abcde")


@given(
    st.lists(
        st.tuples(
            st.sets(_streams, min_size=1, max_size=3),
            st.sets(_streams, max_size=3),
            st.integers(0, 9),
        ),
        max_size=30,
    )
)
def test_every_command_gets_its_turn_and_no_commit_holds_two_that_touch(
    wishes: list[tuple[set[str], set[str], int]],
) -> None:
    queue = _queue(
        *(
            write(
                *(event(s, 1) for s in writes),
                reads=tuple((s, 1) for s in reads - writes),
                command_id=str(number),
            )
            for writes, reads, number in wishes
        )
    )
    taken = 0
    while queue:
        batch = pick(queue)
        assert batch
        taken += len(batch)
        assert len(set(_commands(batch))) == len(batch)
        for one in batch:
            changed = {e.stream_id for e in one.write.events}
            for other in batch:
                touched = {e.stream_id for e in other.write.events} | {
                    s for s, _ in other.write.reads
                }
                assert one is other or changed.isdisjoint(touched)
    assert taken == len(wishes)
