"""What is staged, taken back and done again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tusk.services.edits import NULL, Staging

steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(0, 3), st.integers(0, 2), st.sampled_from(["", "x", NULL])),
        st.tuples(st.just("reset"), st.integers(0, 3), st.integers(0, 2)),
        st.tuples(st.just("flip_deleted"), st.integers(0, 3)),
        st.tuples(st.just("add_row")),
        st.tuples(st.just("clear")),
    ),
    max_size=20,
)  # fmt: skip


def look(staging: Staging) -> object:
    cells = [(r, c, staging.value(r, c)) for r in range(4) for c in range(3)]
    return cells, staging.deleted, staging.added


@given(steps)
def test_undo_and_redo_go_through_the_same_states(actions: list[tuple[object, ...]]) -> None:
    staging = Staging()
    seen = [look(staging)]
    for name, *arguments in actions:
        getattr(staging, str(name))(*arguments)
        if look(staging) != seen[-1]:
            seen.append(look(staging))
    for state in reversed(seen[:-1]):
        assert staging.undo()
        assert look(staging) == state
    assert not staging.undo()
    assert staging.is_empty
    for state in seen[1:]:
        assert staging.redo()
        assert look(staging) == state
    assert not staging.redo()


def test_a_new_row_that_is_deleted_is_dropped_with_its_values() -> None:
    staging = Staging()
    row = staging.add_row()
    staging.set(row, 0, "x")
    assert staging.flip_deleted(row)
    assert staging.is_empty
    assert staging.undo()
    assert list(staging.values(row)) == [(0, "x")]


def test_a_row_to_be_deleted_is_not_changed_too() -> None:
    staging = Staging()
    staging.set(2, 0, "x")
    staging.flip_deleted(2)
    assert staging.changed_rows == []
    assert staging.words == "1 row deleted"
    staging.flip_deleted(2)
    assert staging.changed_rows == [2]
